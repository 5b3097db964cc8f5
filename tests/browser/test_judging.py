"""Judging answers with one key each, and what the gallery remembers of it."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.conftest import WORDS, Served
from tests.browser.looking import TILES, ask, tile, until


@pytest.fixture(scope="module")
def own_server(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    gallery = tmp_path_factory.mktemp("judged") / "gallery"
    shutil.copytree(drawn / "gallery", gallery)
    started = Served(gallery)
    yield started
    started.stop()


@pytest.fixture
def served(own_server: Served) -> Iterator[Served]:
    """A server where nothing was judged yet."""
    yield own_server
    address = f"{own_server.url}api/v1/judgements"
    for asked in questions(own_server):
        question = {"text": asked["text"], "picture": asked["picture"]}
        parts = {name: str(value) for name, value in question.items() if value is not None}
        for image in httpx2.get(address, params=parts).json()["grades"]:
            said = {**question, "image": int(image), "grade": None}
            httpx2.put(address, json=said).raise_for_status()
    assert questions(own_server) == []


@pytest.fixture
def judging(served: Served, visit: Callable[..., Page]) -> Page:
    page = visit(served)
    ask(page, WORDS)
    page.click("#judge")
    expect(page.locator("#judged")).to_have_text("0 pictures judged, 0 relevant")
    return page


def questions(served: Served) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx2.get(f"{served.url}api/v1/judgements/questions").json()[
        "questions"
    ]
    return found


def test_one_key_judges_and_goes_on_to_the_next(judging: Page, served: Served) -> None:
    tile(judging, 0).focus()
    judging.keyboard.press("r")
    expect(tile(judging, 1)).to_be_focused()
    judging.keyboard.press("n")
    expect(tile(judging, 2)).to_be_focused()

    grades = judging.locator(f"{TILES}[data-grade]")
    expect(judging.locator("#judged")).to_have_text("2 pictures judged, 1 relevant")
    assert grades.evaluate_all("tiles => tiles.map((tile) => tile.dataset.grade)") == [
        "relevant",
        "not",
    ]
    expect(tile(judging, 0)).to_have_accessible_description("relevant")
    assert questions(served) == [{"text": WORDS, "picture": None, "relevant": 1, "not_relevant": 1}]


def test_what_was_said_is_there_after_a_reload_and_can_be_taken_back(judging: Page) -> None:
    tile(judging, 0).focus()
    judging.keyboard.press("r")
    expect(judging.locator("#judged")).to_contain_text("1 picture judged")

    judging.reload()
    expect(judging.locator(f"{TILES}[data-grade=relevant]")).to_have_count(1)

    tile(judging, 0).focus()
    judging.keyboard.press("u")
    expect(judging.locator("#judged")).to_have_text("0 pictures judged, 0 relevant")
    expect(judging.locator(f"{TILES}[data-grade]")).to_have_count(0)


def test_an_answer_that_comes_late_does_not_undo_what_was_said_meanwhile(
    served: Served, visit: Callable[..., Page]
) -> None:
    page = visit(served)
    ask(page, WORDS)
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/api/v1/judgements?*", lambda route: held.append((route, route.fetch())))
    with page.expect_request("**/api/v1/judgements?*"):
        page.click("#judge")
    tile(page, 0).focus()
    page.keyboard.press("r")
    expect(page.locator("#judged")).to_have_text("1 picture judged, 1 relevant")

    ((route, nothing_said_yet),) = held
    with page.expect_response("**/api/v1/judgements?*"):
        route.fulfill(response=nothing_said_yet)

    until(page, "() => performance.now() > (window.later ??= performance.now() + 100)")
    expect(page.locator("#judged")).to_have_text("1 picture judged, 1 relevant")
    expect(page.locator(f"{TILES}[data-grade=relevant]")).to_have_count(1)


def test_the_open_picture_is_judged_too_by_key_and_by_button(judging: Page) -> None:
    first = tile(judging, 0).get_attribute("href") or ""
    tile(judging, 0).click()
    expect(judging.locator("#viewer")).to_be_visible()
    judging.keyboard.press("r")
    expect(judging).not_to_have_url(re.compile(re.escape(first.split("open=")[1]) + "$"))

    judging.get_by_role("button", name="Not relevant").click()

    expect(judging.locator("#judged")).to_have_text("2 pictures judged, 1 relevant")


def test_q_goes_on_to_another_question(judging: Page) -> None:
    tile(judging, 0).focus()
    judging.keyboard.press("q")

    expect(judging.locator("#words")).not_to_have_value(WORDS)
    expect(judging).to_have_url(re.compile("judge=1"))


def test_letters_are_letters_where_one_writes(judging: Page, served: Served) -> None:
    judging.fill("#words", "")
    judging.type("#words", "run")

    expect(judging.locator("#words")).to_have_value("run")
    assert questions(served) == []


def test_what_cannot_be_judged_says_so(judging: Page) -> None:
    judging.click("#tabImage")

    expect(judging.locator("#judging")).to_be_hidden()
    judging.keyboard.press("r")


def test_without_judging_the_keys_do_nothing(served: Served, visit: Callable[..., Page]) -> None:
    page = visit(served)
    ask(page, WORDS)
    tile(page, 0).focus()
    page.keyboard.press("r")
    page.keyboard.press("n")

    expect(page.locator("#judging")).to_be_hidden()
    assert questions(served) == []
