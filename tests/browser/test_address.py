"""Every search is an address: reloaded, shared, walked through."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.looking import TILES, ask, first_name, names, tile, until, wait_for_results


def test_back_and_forward_walk_through_searches(page: Page) -> None:
    ask(page, "a red car")
    cars = names(page)
    ask(page, "a lighthouse")
    expect(page.locator("#grid bdi").first).not_to_have_text(cars[0])
    lights = names(page)

    page.go_back()

    expect(page.locator("#words")).to_have_value("a red car")
    expect(page.locator("#grid bdi").first).to_have_text(cars[0])
    page.go_forward()
    expect(page.locator("#words")).to_have_value("a lighthouse")
    expect(page.locator("#grid bdi").first).to_have_text(lights[0])


def test_the_way_back_needs_no_request_and_ends_where_one_was(page: Page) -> None:
    ask(page, "a red car")
    page.mouse.wheel(0, 900)
    until(page, "() => scrollY === 900")
    page.wait_for_load_state("networkidle")
    page.fill("#words", "a boat")
    place = page.evaluate("scrollY")
    assert place > 500
    page.press("#words", "Enter")
    until(page, "() => scrollY === 0")
    expect(page).to_have_url(re.compile("boat"))
    wait_for_results(page)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.go_back()

    until(page, "(place) => scrollY === place", place)
    assert not [url for url in asked if "/search" in url]


def test_a_search_with_everything_survives_a_reload(page: Page, scene: Path) -> None:
    page.click("#tabComposed")
    page.set_input_files("#queryFile", scene)
    wait_for_results(page)
    page.fill("#words", "at night")
    page.press("#words", "Enter")
    page.fill("#notWord", "snow")
    page.press("#notWord", "Enter")
    page.select_option("#sort", "newest")
    expect(page).to_have_url(re.compile("sort=newest"))
    expect(page.locator("#summary")).to_contain_text("newest first")
    found = names(page)

    page.reload()

    wait_for_results(page)
    expect(page.locator("#words")).to_have_value("at night")
    expect(page.locator("#chips .chip")).to_contain_text("snow")
    expect(page.locator("#queryImage")).to_be_visible()
    expect(page.locator("#grid bdi").first).to_have_text(found[0])
    assert names(page) == found


def test_an_address_can_be_given_to_somebody_else(
    shared_server: Served, visit: Callable[..., Page]
) -> None:
    mine = visit(shared_server, "#text?text=a+horse&excluded_texts=snow&k=10")
    wait_for_results(mine)

    theirs = visit(shared_server, mine.url.removeprefix(shared_server.url))

    wait_for_results(theirs)
    assert names(theirs) == names(mine)
    assert len(names(theirs)) == 10


def test_an_open_picture_has_an_address_and_back_closes_it(page: Page) -> None:
    ask(page, "a red car")
    name = first_name(page)
    tile(page, 0).click()
    expect(page.locator("#viewerName")).to_have_text(name)

    page.reload()
    expect(page.locator("#viewerName")).to_have_text(name)
    page.go_back()

    expect(page.locator("#viewer")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"#text\?text=a\+red\+car$"))


def test_what_a_tab_does_not_use_is_kept_for_the_one_that_does(page: Page, scene: Path) -> None:
    ask(page, "at night")
    page.click("#tabImage")
    page.set_input_files("#queryFile", scene)
    wait_for_results(page)

    page.click("#tabComposed")

    expect(page).to_have_url(re.compile(r"#composed\?text=at\+night&picture=\w+$"))
    wait_for_results(page)


def test_a_nonsensical_address_is_the_start_page(
    shared_server: Served, visit: Callable[..., Page]
) -> None:
    page = visit(shared_server, "#nowhere?k=-4&sort=sideways&open=x&%E0%A4%A=1&q=1")

    expect(page.locator("#title")).to_be_visible()
    expect(page.locator(TILES).first).to_be_visible()
