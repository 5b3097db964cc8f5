"""The open picture: walked through by keys and swipe, and a place to go on from."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.looking import ask, drag_box, first_name, names, tile, until, wait_for_results


@pytest.fixture
def opened(page: Page) -> Page:
    ask(page, "a red car")
    tile(page, 1).click()
    expect(page.locator("#viewer")).to_be_visible()
    return page


def test_arrows_walk_and_escape_closes(opened: Page) -> None:
    found = names(opened)
    expect(opened.locator("#viewerName")).to_have_text(found[1])

    opened.keyboard.press("ArrowRight")
    expect(opened.locator("#viewerName")).to_have_text(found[2])
    opened.keyboard.press("ArrowLeft")
    opened.keyboard.press("ArrowLeft")
    expect(opened.locator("#viewerName")).to_have_text(found[0])
    expect(opened.locator("#viewerBefore")).to_be_disabled()
    opened.keyboard.press("Escape")

    expect(opened.locator("#viewer")).to_be_hidden()
    expect(tile(opened, 0)).to_be_focused()


def test_a_swipe_walks(shared_server: Served, visit: Callable[..., Page]) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = visit(shared_server, "#text?text=a+red+car", **phone)
    wait_for_results(page)
    found = names(page)
    tile(page, 0).tap()
    expect(page.locator("#viewerName")).to_have_text(found[0])
    fingers = page.context.new_cdp_session(page)

    def swipe(start: int, end: int) -> None:
        for kind, x in (
            ("touchStart", start),
            ("touchMove", (start + end) // 2),
            ("touchMove", end),
        ):
            fingers.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": 300}]}
            )
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(300, 100)
    expect(page.locator("#viewerName")).to_have_text(found[1])
    swipe(100, 300)
    expect(page.locator("#viewerName")).to_have_text(found[0])


def test_facts_and_the_original(opened: Page, shared_server: Served) -> None:
    facts = opened.locator("#facts")
    expect(facts).to_contain_text("rank 2")
    expect(facts).to_contain_text("320 \u00d7 240 pixels")
    expect(facts).to_contain_text("JPEG")

    link = opened.get_by_role("link", name="Open original").get_attribute("href")
    answer = opened.request.get(shared_server.url.rstrip("/") + (link or ""))
    assert answer.ok
    assert answer.headers["content-type"] == "image/jpeg"


def test_the_path_is_copied(opened: Page) -> None:
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])

    opened.get_by_role("button", name="Copy path").click()

    expect(opened.locator("#note")).to_have_text("The path is copied.")
    copied = opened.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(opened.locator("#viewerName").text_content() or "?")


def test_more_like_this_leaves_the_picture_itself_out(opened: Page) -> None:
    name = opened.locator("#viewerName").text_content()

    opened.get_by_role("button", name="More like this").click()

    expect(opened).to_have_url(re.compile(r"#image\?images=\d+$"))
    expect(opened.locator("#queryName")).to_have_text(name or "?")
    expect(opened.locator("#summary")).to_contain_text("compared")
    expect(opened.locator("#grid")).not_to_contain_text(name or "?")


def test_like_this_but_goes_on_to_composed(opened: Page) -> None:
    opened.get_by_role("button", name="Like this, but").click()

    expect(opened).to_have_url(re.compile(r"#composed\?images=\d+$"))
    expect(opened.locator("#words")).to_be_focused()
    opened.keyboard.type("in the snow")
    opened.keyboard.press("Enter")
    expect(opened).to_have_url(re.compile(r"#composed\?text=in\+the\+snow&images=\d+$"))
    wait_for_results(opened)


def test_not_like_this_is_left_out(opened: Page) -> None:
    before = names(opened)

    opened.get_by_role("button", name="Not like this").click()

    expect(opened).to_have_url(re.compile(r"text=a\+red\+car&excluded_images=\d+$"))
    expect(opened.locator("#chips .chip.not img")).to_be_visible()
    until(
        opened,
        "(was) => document.querySelectorAll('#grid bdi')[1]?.textContent !== was",
        before[1],
    )


def test_a_box_drawn_on_the_open_picture_is_searched_by(opened: Page) -> None:
    opened.get_by_role("button", name="Search by a part").click()
    drag_box(opened, "#frame", (0.1, 0.1), (0.2, 0.2))
    drag_box(opened, "#frame", (0.8, 0.5), (0.95, 0.9))

    opened.get_by_role("button", name="Search this part").click()

    expect(opened).to_have_url(re.compile(r"#image\?images=\d+&region=0\.8%2C0\.5%2C0\.95%2C0\.9$"))
    wait_for_results(opened)
    expect(opened.locator("#queryFrame .region")).to_be_visible()


def test_a_box_is_drawn_by_keys(opened: Page) -> None:
    opened.keyboard.press("b")
    box = opened.locator("#frame .region")
    expect(box).to_be_focused()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowLeft", "Shift+ArrowUp"):
        opened.keyboard.press(key)
    opened.keyboard.press("Enter")

    expect(opened).to_have_url(re.compile(r"region=0\.27%2C0\.27%2C0\.75%2C0\.75$"))


def test_escape_leaves_the_box_before_the_picture(opened: Page) -> None:
    opened.keyboard.press("b")
    opened.keyboard.press("Escape")

    expect(opened.locator("#part")).to_be_hidden()
    expect(opened.locator("#viewer")).to_be_visible()


def test_a_box_on_the_query_picture_searches_at_once(page: Page) -> None:
    ask(page, "a red car")
    tile(page, 0).click()
    page.get_by_role("button", name="More like this").click()
    wait_for_results(page)

    drag_box(page, "#queryFrame", (0.25, 0.5), (0.75, 1.0))

    expect(page).to_have_url(re.compile(r"region=0\.25\d*%2C0\.[45]\d*%2C0\.7[45]\d*%2C1$"))
    page.get_by_role("button", name="Whole picture").click()
    expect(page).to_have_url(re.compile(r"#image\?images=\d+$"))


def test_a_part_of_the_query_picture_is_selected_by_keys(page: Page) -> None:
    ask(page, "a red car")
    tile(page, 0).click()
    page.get_by_role("button", name="More like this").click()
    wait_for_results(page)

    page.get_by_role("button", name="Select a part").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"region=0\.23%2C0\.25%2C0\.73%2C0\.75$"))


def test_labels_are_added_found_by_and_taken_away(
    serve: Callable[..., Served], visit: Callable[..., Page]
) -> None:
    page = visit(serve(), "#text?text=a+red+car")
    wait_for_results(page)
    name = first_name(page)
    tile(page, 0).click()

    page.get_by_label("Add a label").fill("thuyền")
    page.keyboard.press("Enter")
    expect(page.locator("#labels .chip")).to_have_text("thuyền")
    page.keyboard.press("Escape")
    page.click("#filtersToggle")
    page.select_option("[name=label]", "thuyền")

    expect(page.locator("#summary")).to_have_text("1 of 1 compared")
    assert names(page) == [name]
    tile(page, 0).click()
    page.get_by_role("button", name="Remove the label thuyền").click()
    expect(page.locator("#labels .chip")).to_have_count(0)
