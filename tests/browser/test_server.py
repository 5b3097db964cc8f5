"""A server that goes and comes back, that is busy, and that wants a token."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Served, Watched
from tests.browser.looking import ask, names, wait_for_results

TOKEN = "a token of some length"


def test_a_search_is_repeated_when_the_server_is_back(
    serve: Callable[..., Served], visit: Callable[..., Page]
) -> None:
    served = serve()
    page = visit(served)
    ask(page, "a red car")
    before = names(page)
    served.stop()

    page.fill("#words", "a lighthouse")
    page.press("#words", "Enter")
    expect(page.locator("#banner")).to_contain_text("does not answer")
    served.start()

    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#grid bdi").first).not_to_have_text(before[0])
    wait_for_results(page)
    expect(page.locator("#announcement")).to_contain_text("result")


def test_a_busy_server_is_asked_again(page: Page) -> None:
    answers = iter([503, 503])

    def refuse(route: Route) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, headers={"retry-after": "0"}, json={"detail": "busy"})

    page.wait_for_load_state("networkidle")
    page.route("**/api/v1/search?*", refuse)

    ask(page, "a lighthouse")

    assert next(answers, None) is None


def test_the_token_is_asked_for(serve: Callable[..., Served], visit: Callable[..., Page]) -> None:
    page = visit(serve(SIGHTLINE_TOKEN=TOKEN), "#text?text=a+red+car")
    dialog = page.get_by_role("dialog", name="This gallery is locked")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()

    page.fill("#token", "a wrong one")
    page.keyboard.press("Enter")
    expect(page.locator("#signInFault")).not_to_be_empty()
    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    wait_for_results(page)
    page.reload()
    wait_for_results(page)


def test_the_link_that_the_command_prints_signs_in(
    serve: Callable[..., Served], visit: Callable[..., Page]
) -> None:
    served = serve(SIGHTLINE_TOKEN=TOKEN)
    page = visit(served, f"?token={TOKEN.replace(' ', '%20')}")

    expect(page.locator("#galleryCount")).to_have_text(re.compile(r"\d+ pictures"))
    assert "token" not in page.url


def test_the_console_is_silent_from_the_start_to_signing_in(
    serve: Callable[..., Served], chromium: Browser
) -> None:
    served = serve(SIGHTLINE_TOKEN=TOKEN)
    context = chromium.new_context()
    page = context.new_page()
    watched = Watched(served.url)
    watched.watch(page)
    page.goto(served.url)

    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")

    expect(page.locator("#galleryCount")).to_have_text(re.compile(r"\d+ pictures"))
    # A browser with a window complains of a secret outside of a form, and of one for no user.
    assert page.evaluate(
        """() => [...document.querySelectorAll("input[type=password]")].map(
            ({ form }) => form?.querySelector("[autocomplete=username]") != null)"""
    ) == [True, True]
    context.close()
    # What the page was refused before it had a token is not its own word.
    assert [line for line in watched.said if "Failed to load resource" not in line] == []
