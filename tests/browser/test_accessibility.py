"""For everybody: keyboard alone, screen readers, contrast, both themes, every width, both ways."""

import itertools
import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.looking import ask, names, tile, until, wait_for_results

SEARCH = "#text?text=a+red+car&excluded_texts=snow&orientation=landscape"
STICKING = """[...document.querySelectorAll("body *")].filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    const scrolls = element.closest(".examples, .sprite, .unseen, .skip, h1");
    return width > 0 && !scrolls && (left < -1 || right > innerWidth + 1);
})"""
WIDTHS = (390, 768, 1280, 1920, 2560)


def _open_nothing(page: Page) -> None:
    wait_for_results(page)


def _open_filters(page: Page) -> None:
    wait_for_results(page)
    page.click("#filtersToggle")


def _open_picture(page: Page) -> None:
    wait_for_results(page)
    tile(page, 0).click()
    expect(page.locator("#viewer")).to_be_visible()


def _open_box(page: Page) -> None:
    _open_picture(page)
    page.keyboard.press("b")


def _open_gallery(page: Page) -> None:
    wait_for_results(page)
    page.click("#galleryOpen")


def _open_add(page: Page) -> None:
    wait_for_results(page)
    page.click("#addOpen")


def _see_start(page: Page) -> None:
    expect(page.locator(".example img").first).to_be_visible()


STATES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "start": ("", _see_start),
    "results": (SEARCH, _open_nothing),
    "filters": (SEARCH, _open_filters),
    "picture": (SEARCH, _open_picture),
    "box": (SEARCH, _open_box),
    "gallery": (SEARCH, _open_gallery),
    "add": (SEARCH, _open_add),
    "image": ("#image", lambda page: expect(page.locator("#queryEmpty")).to_be_visible()),
    "composed": ("#composed?images=3&text=at+night", _open_nothing),
    "nothing": (
        "#text?text=a&min_score=0.99",
        lambda page: expect(page.locator("#message h2")).to_be_visible(),
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_both_themes_and_sizes(
    shared_server: Served, visit: Callable[..., Page], state: str
) -> None:
    address, arrange = STATES[state]
    page = visit(shared_server, address, reduced_motion="reduce")
    arrange(page)

    for width, theme in itertools.product((390, 1280), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        seen = f"matchMedia('(prefers-color-scheme: {theme})').matches"
        until(page, f"() => innerWidth === {width} && {seen}")
        results = Axe().run(page)
        assert results.violations_count == 0, f"{width} {theme}: {results.generate_report()}"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("state", ["start", "results", "filters", "picture", "composed"])
def test_nothing_sticks_out_at_the_side(
    shared_server: Served, visit: Callable[..., Page], state: str, direction: str
) -> None:
    address, arrange = STATES[state]
    page = visit(shared_server, address, viewport={"width": WIDTHS[0], "height": 900})
    page.evaluate("(direction) => { document.documentElement.dir = direction; }", direction)
    arrange(page)

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        until(page, f"() => innerWidth === {width} && !({STICKING}).length")


def test_right_to_left_the_arrows_follow_the_eye(page: Page) -> None:
    page.evaluate("document.documentElement.dir = 'rtl'")
    ask(page, "قارب")
    first, second = (tile(page, at).bounding_box() for at in (0, 1))
    assert first is not None
    assert second is not None
    assert first["x"] > second["x"]

    tile(page, 0).focus()
    page.keyboard.press("ArrowLeft")
    expect(tile(page, 1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#viewerName")).to_have_text(names(page)[1])
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#viewerName")).to_have_text(names(page)[2])


def test_the_whole_way_by_keyboard_alone(page: Page) -> None:
    expect(page.locator(".example").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("a red car")
    page.keyboard.press("Enter")
    wait_for_results(page)
    found = names(page)
    _tab_to(page, "#filtersToggle")
    _tab_to(page, "#notWord")
    page.keyboard.type("snow")
    page.keyboard.press("Enter")
    expect(page.locator("#chips .chip")).to_contain_text("snow")
    _tab_to(page, "#chips button")
    page.keyboard.press("Enter")
    expect(page.locator("#chips .chip")).to_have_count(0)
    expect(page.locator("#filtersToggle")).to_be_focused()
    expect(page.locator("#grid bdi").first).to_have_text(found[0])
    _tab_to(page, "#grid a")

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(tile(page, 1)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")

    expect(page.locator("#viewerName")).to_have_text(found[0])
    assert page.evaluate("document.querySelector('#viewer').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(tile(page, 0)).to_be_focused()


def test_the_way_past_the_search_leads_to_the_pictures(page: Page) -> None:
    ask(page, "a red car")
    # Anew, since Tab goes on from where the focus was last.
    page.reload()
    wait_for_results(page)
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()

    page.keyboard.press("Enter")

    expect(tile(page, 0)).to_be_focused()
    expect(page).to_have_url(re.compile(r"#text\?text=a\+red\+car$"))


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"Tab does not lead to {selector}")


def test_what_happens_is_said(page: Page) -> None:
    ask(page, "a red car")

    expect(page.locator("#announcement")).to_have_text(
        re.compile(r"\d+ results, the best scores 0\.\d{3}\.")
    )
    expect(page.locator("#announcement")).to_have_attribute("role", "status")


def test_the_theme_can_be_chosen_and_is_kept(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    toggle = page.get_by_role("button", name="Colours: as the system")
    toggle.click()
    expect(page.get_by_role("button", name="Colours: light")).to_be_visible()
    page.get_by_role("button", name="Colours: light").click()

    expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark
