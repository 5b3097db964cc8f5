"""By words, by picture, by both; the picture by dialog, drop, paste and camera."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCENES, WORDS, Served
from tests.browser.looking import ask, drop, first_name, names, paste, tile, until, wait_for_results

IMAGE_ADDRESS = re.compile(r"#image\?picture=\w+$")


def test_words_find_pictures(page: Page) -> None:
    ask(page, WORDS)

    expect(page).to_have_url(re.compile(r"#text\?text=a\+sailboat\+at\+sunset$"))
    expect(page.locator("#summary")).to_contain_text(f"of {SCENES} compared")
    expect(page.locator("#took")).to_contain_text("ms")
    expect(page).to_have_title(f"{WORDS} · Sightline")


def test_enter_asks_once_and_marks_when_the_first_results_are_seen(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    ask(page, "a red car")

    until(page, "() => performance.getEntriesByName('sightline:first-results').length === 1")
    searches = [url for url in asked if "/search" in url]
    assert len([url for url in searches if "offset=0" in url]) == 1
    marks = page.evaluate(
        "['enter', 'answer', 'first-results'].map((name) =>"
        " performance.getEntriesByName(`sightline:${name}`)[0].startTime)"
    )
    assert marks == sorted(marks)


def test_vietnamese_and_emoji_are_words_like_others(page: Page) -> None:
    ask(page, "thuyền buồm ⛵️ lúc hoàng hôn")

    page.reload()

    expect(page.locator("#words")).to_have_value("thuyền buồm ⛵️ lúc hoàng hôn")
    wait_for_results(page)


def test_a_picture_from_the_dialog_finds_itself_first(page: Page, scene: Path) -> None:
    page.click("#tabImage")
    page.set_input_files("#queryFile", scene)

    wait_for_results(page)
    expect(page).to_have_url(IMAGE_ADDRESS)
    assert first_name(page) == scene.name
    expect(page.locator("#queryImage")).to_be_visible()


def test_a_pasted_picture_is_searched_by(page: Page, scene: Path) -> None:
    paste(page, [scene])

    wait_for_results(page)
    expect(page).to_have_url(IMAGE_ADDRESS)
    assert first_name(page) == scene.name


def test_a_picture_is_dropped_anywhere(page: Page, scene: Path) -> None:
    drop(page, [scene], "#dropQuery")

    wait_for_results(page)
    expect(page).to_have_url(IMAGE_ADDRESS)
    expect(page.locator("#drop")).to_be_hidden()
    assert first_name(page) == scene.name


def test_a_phone_takes_a_photo(
    shared_server: Served, visit: Callable[..., Page], scene: Path
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = visit(shared_server, "#image", **phone)

    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Take a photo").tap()
    assert page.locator("#queryCamera").get_attribute("capture") == "environment"
    chosen.value.set_files(scene)

    wait_for_results(page)
    assert first_name(page) == scene.name


def test_a_picture_and_words_together(page: Page, scene: Path) -> None:
    page.click("#tabComposed")
    page.set_input_files("#queryFile", scene)
    wait_for_results(page)
    alike = names(page)

    with page.expect_response("**/search/composed") as answered:
        page.fill("#words", "at night")
        page.press("#words", "Enter")

    assert answered.value.ok
    expect(page).to_have_url(re.compile(r"#composed\?text=at\+night&picture=\w+$"))
    until(page, "(was) => document.querySelector('#grid bdi')?.textContent !== was", alike[0])
    assert names(page) != alike


def test_what_is_no_picture_is_refused_with_the_servers_sentence(
    page: Page, tmp_path: Path
) -> None:
    liar = tmp_path / "liar.jpg"
    liar.write_bytes(b"I am no picture.")

    paste(page, [liar])

    expect(page.get_by_role("heading", name="That cannot be searched for")).to_be_visible()
    expect(page.locator("#message")).to_contain_text("it is not a picture")


def test_a_query_picture_that_is_no_longer_kept_is_told_of(
    shared_server: Served, visit: Callable[..., Page]
) -> None:
    page = visit(shared_server, f"#image?picture={'0' * 40}")

    expect(page.locator("#message")).to_contain_text("no longer kept")


@pytest.mark.parametrize("tab", ["text", "image", "composed"])
def test_every_tab_has_its_own_address(
    shared_server: Served, visit: Callable[..., Page], tab: str
) -> None:
    page = visit(shared_server, f"#{tab}")

    expect(page.locator("nav [aria-current=page]")).to_have_id(f"tab{tab.title()}")


def test_an_example_is_one_click_away(page: Page) -> None:
    page.locator(".example").first.click()

    wait_for_results(page)
    expect(page).to_have_url(re.compile(r"#text\?text="))


def test_a_gallery_without_a_search_shows_its_newest_pictures(page: Page) -> None:
    expect(page.get_by_role("heading", name="Newest")).to_be_visible()
    expect(tile(page, 0)).to_be_visible()
