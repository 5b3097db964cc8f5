"""Filters, what is left out, how many, in which order; and honest words when nothing is left."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import SCENES, Served
from tests.browser.looking import TILES, ask, names, until, wait_for_results


@pytest.fixture
def found(page: Page) -> Page:
    ask(page, "a red car")
    return page


def test_filters_are_chips_that_can_be_taken_away(found: Page) -> None:
    found.click("#filtersToggle")
    found.select_option("[name=format]", "JPEG")
    found.select_option("[name=orientation]", "landscape")
    found.fill("[name=min_width]", "300")
    found.press("[name=min_width]", "Tab")
    expect(found).to_have_url(re.compile("format=JPEG&orientation=landscape&min_width=300"))
    expect(found.locator("#filtersCount")).to_have_text("3")
    expect(found.locator("#summary")).to_contain_text(f"of {SCENES} compared")

    found.get_by_role("button", name="Remove the filter landscape").click()

    expect(found.locator("#chips .chip")).to_have_text(["JPEG", "width from 300"])
    expect(found).not_to_have_url(re.compile("orientation"))


def test_filters_that_leave_nothing_say_so_and_can_be_cleared(found: Page) -> None:
    found.click("#filtersToggle")
    found.select_option("[name=orientation]", "portrait")

    expect(found.get_by_role("heading", name="The filters leave no picture")).to_be_visible()
    found.get_by_role("button", name="Clear the filters").click()
    wait_for_results(found)


def test_a_minimum_that_nothing_reaches_says_so(
    shared_server: Served, visit: Callable[..., Page]
) -> None:
    page = visit(shared_server, "#text?text=a+red+car&min_score=0.99")

    expect(page.get_by_role("heading", name="Nothing reaches 0.990")).to_be_visible()
    page.get_by_role("button", name="Show the nearest anyway").click()
    wait_for_results(page)


def test_a_minimum_leaves_the_rest_out(found: Page) -> None:
    told = _scores(found)
    fifth = told[4]

    found.click("#filtersToggle")
    found.locator("#minScore").fill(f"{fifth - 0.005:.2f}")

    expect(found.locator("#end")).to_contain_text("others score less")
    kept = _scores(found)
    assert min(kept) >= round(fifth - 0.005, 2)
    assert kept == told[: len(kept)]


def _scores(page: Page) -> list[float]:
    texts = page.locator(".tile-score").all_text_contents()
    return [float(text.removeprefix("score ").replace("\u2212", "-")) for text in texts]


def test_several_words_are_left_out(found: Page) -> None:
    before = names(found)
    for word in ("snow", "people walking"):
        found.fill("#notWord", word)
        found.press("#notWord", "Enter")

    expect(found).to_have_url(re.compile("excluded_texts=snow&excluded_texts=people\\+walking"))
    expect(found.locator("#chips .chip.not bdi")).to_have_text(["snow", "people walking"])
    until(
        found,
        "(was) => JSON.stringify([...document.querySelectorAll('#grid bdi')].slice(0, 20)"
        ".map((name) => name.textContent)) !== was",
        json.dumps(before[:20], separators=(",", ":")),
    )
    found.get_by_role("button", name="Stop leaving out snow").click()
    expect(found.locator("#chips .chip.not bdi")).to_have_text(["people walking"])


def test_the_slider_says_how_many(found: Page) -> None:
    found.locator("#most").fill("1")

    expect(found).to_have_url(re.compile("k=20$"))
    expect(found.locator(TILES)).to_have_count(20)
    expect(found.locator("#end")).to_contain_text("The best 20, as many as you asked for")
    expect(found.locator("#most")).to_have_attribute("aria-valuetext", "20")


def test_in_order_of_date_the_newest_of_the_best_come_first(found: Page) -> None:
    found.select_option("#sort", "newest")
    expect(found.locator("#summary")).to_contain_text("Best 100 of 120 compared, newest first")
    newest = names(found)
    found.select_option("#sort", "oldest")
    expect(found.locator("#summary")).to_contain_text("oldest first")
    oldest = names(found)

    assert len(newest) == len(oldest) == 100
    assert set(newest) == set(oldest)
    times = found.evaluate(
        """async () => {
            const answer = await (await fetch("/api/v1/search?text=a+red+car&k=100")).json();
            const timed = (hit) => [hit.name, hit.taken_at ?? hit.modified_at];
            return Object.fromEntries(answer.hits.map(timed));
        }"""
    )
    assert [times[name] for name in newest] == sorted(times.values(), reverse=True)
    assert [times[name] for name in oldest] == sorted(times.values())


def test_scrolling_brings_all_and_then_ends(found: Page) -> None:
    # The head moves up when the start page becomes one of results.
    until(found, "() => document.getAnimations().every((moving) => moving.playState !== 'running')")
    first = found.locator(f"{TILES} a").first.bounding_box()

    for _ in range(20):
        found.mouse.wheel(0, 3000)
        if found.locator("#end").text_content():
            break
        until(
            found,
            "(count) => document.querySelectorAll('.tile').length > count"
            " || document.querySelector('#end').textContent",
            found.locator(TILES).count(),
        )

    expect(found.locator(TILES)).to_have_count(SCENES)
    expect(found.locator("#end")).to_have_text(f"All {SCENES} pictures that could be compared.")
    # The wheel turns on for a moment, and would take the window along.
    until(
        found,
        """() => {
            window.still = scrollY === window.was ? window.still + 1 : 0;
            window.was = scrollY;
            return window.still > 10;
        }""",
    )
    found.evaluate("scrollTo(0, 0)")
    assert found.locator(f"{TILES} a").first.bounding_box() == first, "nothing jumped"
    assert len(set(names(found))) == SCENES


def test_rows_fill_the_width_and_keep_the_ratio(found: Page) -> None:
    boxes = found.evaluate(
        """() => [...document.querySelectorAll("#grid .tile")].map((tile) => {
            const { left, top, width, height } = tile.getBoundingClientRect();
            return [left, top, width, height];
        })"""
    )
    grid = found.locator("#grid").bounding_box()
    assert grid is not None
    top = boxes[0][1]
    row = [box for box in boxes if box[1] == top]
    assert len(row) > 2
    assert row[-1][0] + row[-1][2] == pytest.approx(grid["x"] + grid["width"], abs=1)
    assert all(width / height == pytest.approx(4 / 3, rel=0.03) for _, _, width, height in row)


def test_a_slow_answer_is_waited_for_with_grey_boxes(
    shared_server: Served, visit: Callable[..., Page]
) -> None:
    page = visit(shared_server, "#image")
    held: list[Route] = []
    page.route("**/api/v1/search?*", lambda route: held.append(route))
    page.click("#tabText")
    page.fill("#words", "a boat")
    page.press("#words", "Enter")

    expect(page.locator("#grid")).to_have_attribute("aria-busy", "true")
    for route in held:
        route.continue_()
    page.unroute("**/api/v1/search?*")
    wait_for_results(page)
    expect(page.locator("#grid")).to_have_attribute("aria-busy", "false")
