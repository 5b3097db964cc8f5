"""The glass box: how a picture and words were understood, edited part by part."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import COMMAND, Served
from tests.browser.looking import names, until, wait_for_results
from tests.composed.chat.llm_server import answers, llm_server, refuses

ASKED = "#composed?text=in+the+snow&images=3"
SHOWN = "[...document.querySelectorAll('#grid bdi')].map((name) => name.textContent).join('|')"
WIDE = (1280, 900)
PHONE = (390, 844)


@pytest.fixture
def understood(shared_server: Served, visit: Callable[..., Page]) -> Page:
    page = visit(shared_server, ASKED)
    _wait(page)
    return page


def _wait(page: Page) -> None:
    # A server's first composed search embeds all phrases of its captioner.
    expect(page.locator("#understood")).to_be_visible(timeout=60_000)
    wait_for_results(page)
    until(page, "() => !document.querySelector('#understood').inert")


def _parts(page: Page) -> dict[str, list[str]]:
    """Every part of the search that the address holds."""
    return parse_qs(page.url.partition("?")[2])


def _sent(request: Request) -> dict[str, list[str]]:
    """The fields of a form, in order."""
    sent: dict[str, list[str]] = {}
    body = (request.post_data_buffer or b"").decode("utf-8", "replace")
    for name, value in re.findall(r'name="(\w+)"\r\n\r\n(.*?)\r\n--', body, re.DOTALL):
        sent.setdefault(name, []).append(value)
    return sent


def _chips(page: Page, kind: str) -> list[str]:
    return page.locator(f"#understood .{kind} .chip bdi").all_text_contents()


def _open_more(page: Page) -> None:
    page.locator(".more > summary").click()


def test_every_part_is_shown(understood: Page) -> None:
    assert understood.locator("#caption").input_value()
    expect(understood.locator("#target")).to_have_value(re.compile("in the snow"))
    assert _chips(understood, "desired") == ["in the snow"]
    assert _chips(understood, "preserve") or _chips(understood, "forbidden")
    expect(understood.locator("#captionFound")).to_be_hidden()
    expect(understood.locator("#targetFound")).to_be_hidden()

    _open_more(understood)

    steps = understood.locator("#steps")
    expect(steps).to_contain_text(re.compile(r"caption\s*tags(, kept)?, [\d.,]+ ms"))
    expect(steps).to_contain_text(re.compile(r"compose\s*rules, [\d.,]+ ms"))


@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_an_edited_caption_is_composed_anew(understood: Page, key: str) -> None:
    found = understood.locator("#caption").input_value()
    understood.fill("#caption", "a red car in the city at night")
    with understood.expect_request("**/search/composed") as asked:
        understood.press("#caption", key)

    sent = _sent(asked.value)
    assert sent["caption"] == ["a red car in the city at night"]
    assert "target" not in sent
    expect(understood.locator("#target")).to_have_value(re.compile("red car.*snow"))
    assert _parts(understood)["caption"] == ["a red car in the city at night"]

    understood.click("#captionFound")

    expect(understood.locator("#caption")).to_have_value(found)
    expect(understood.locator("#captionFound")).to_be_hidden()
    assert "caption" not in _parts(understood)


def test_an_edited_target_is_searched_for_as_it_is(understood: Page) -> None:
    found = understood.locator("#target").input_value()
    before = names(understood)
    kept = _chips(understood, "preserve")
    understood.fill("#target", "a lighthouse at the sea")
    with understood.expect_request("**/search/composed") as asked:
        understood.press("#target", "Enter")

    sent = _sent(asked.value)
    assert sent["target"] == ["a lighthouse at the sea"]
    assert sent.get("preserve", []) == kept
    until(understood, f"(was) => {SHOWN} !== was", "|".join(before))
    expect(understood.locator("#target")).to_be_focused()

    understood.reload()
    _wait(understood)
    expect(understood.locator("#target")).to_have_value("a lighthouse at the sea")
    assert _chips(understood, "preserve") == kept

    understood.click("#targetFound")
    expect(understood.locator("#target")).to_have_value(found)
    until(understood, f"(was) => {SHOWN} === was", "|".join(before))


def test_an_emptied_text_is_as_it_was_found(understood: Page) -> None:
    found = understood.locator("#caption").input_value()

    understood.fill("#caption", "")
    understood.press("#caption", "Enter")

    expect(understood.locator("#caption")).to_have_value(found)
    assert "caption" not in _parts(understood)


def test_phrases_are_taken_away_and_added(understood: Page) -> None:
    target = understood.locator("#target").input_value()
    kind = "preserve" if _chips(understood, "preserve") else "forbidden"
    first, *rest = _chips(understood, kind)

    understood.locator(f"#understood .{kind} .chip button").first.click()
    expect(understood.locator(f"#understood .{kind} .chip")).to_have_count(len(rest))
    expect(understood.locator(f"#understood .{kind} input")).to_be_focused()
    assert first not in _chips(understood, kind)
    with understood.expect_request("**/search/composed") as asked:
        understood.locator("#understood .forbidden input").fill("a moon")
        understood.keyboard.press("Enter")

    sent = _sent(asked.value)
    assert "a moon" in sent["forbidden"]
    assert sent["target"] == [target]
    expect(understood.locator("#understood .forbidden .chip").last).to_have_text("a moon")
    assert "a moon" in _parts(understood)["forbidden"]

    understood.go_back()
    until(
        understood,
        "() => !document.querySelector('#understood .forbidden').textContent.includes('moon')",
    )


def test_edits_that_are_not_answered_yet_are_kept(understood: Page) -> None:
    kind = "preserve" if len(_chips(understood, "preserve")) > 1 else "forbidden"
    held: list[Route] = []
    understood.route("**/search/composed", lambda route: held.append(route))
    away = understood.locator(f"#understood .{kind} .chip button")
    count = away.count()
    away.nth(0).click()
    expect(understood).to_have_url(re.compile("target="))

    away.nth(1).click()

    assert len(_parts(understood).get(kind, [])) == count - 2
    held[-1].continue_()
    expect(understood.locator(f"#understood .{kind} .chip")).to_have_count(count - 2)


def test_what_an_edited_caption_makes_anew_cannot_be_edited_meanwhile(understood: Page) -> None:
    held: list[Route] = []
    understood.route("**/search/composed", lambda route: held.append(route))
    understood.fill("#caption", "a red car in the city")
    understood.press("#caption", "Enter")

    until(understood, "() => document.querySelector('.desired').inert")
    expect(understood.locator("#caption")).to_be_focused()
    held[-1].continue_()
    until(understood, "() => !document.querySelector('.desired').inert")
    expect(understood.locator("#target")).to_have_value(re.compile("red car"))


def test_escape_takes_back_what_was_written(understood: Page) -> None:
    found = understood.locator("#caption").input_value()
    understood.fill("#caption", "something else")

    understood.press("#caption", "Escape")
    understood.press("#caption", "Tab")

    expect(understood.locator("#caption")).to_have_value(found)
    assert "caption" not in _parts(understood)


def test_a_picture_alone_is_searched_by_whatever_the_mode(
    shared_server: Served, visit: Callable[..., Page]
) -> None:
    page = visit(shared_server, "#composed?images=3&mode=sum&weight_image=2&target=a+cat")

    wait_for_results(page)
    expect(page.locator("#understood")).to_be_hidden()


def test_other_words_forget_what_was_edited(understood: Page) -> None:
    understood.fill("#target", "a lighthouse at the sea")
    understood.press("#target", "Enter")
    expect(understood).to_have_url(re.compile("target=a\\+lighthouse"))

    understood.fill("#words", "at night")
    understood.press("#words", "Enter")

    expect(understood.locator("#target")).to_have_value(re.compile("night"))
    assert set(_parts(understood)) == {"text", "images"}


def test_another_picture_forgets_what_was_edited(understood: Page, scene: Path) -> None:
    understood.fill("#caption", "a lighthouse at the sea")
    understood.press("#caption", "Enter")
    expect(understood).to_have_url(re.compile("caption=a\\+lighthouse"))

    understood.set_input_files("#queryFile", scene)

    expect(understood).to_have_url(re.compile("picture=\\w+"))
    _wait(understood)
    expect(understood.locator("#caption")).not_to_have_value("a lighthouse at the sea")
    assert set(_parts(understood)) == {"text", "picture"}


def test_the_slider_moves_the_weight_of_the_picture(understood: Page) -> None:
    share = understood.locator("#share")
    assert float(share.input_value()) == pytest.approx(2 / 2.5, abs=0.03)
    with understood.expect_request("**/search/composed") as asked:
        share.fill("0.4")

    assert _sent(asked.value)["weight_image"] == ["3"], "(1 + 0.75 + 0.25) * 0.6 / 0.4"
    _open_more(understood)
    expect(understood.get_by_role("slider", name="The picture", exact=True)).to_have_value("3")


def test_in_a_sum_the_slider_is_the_balance(understood: Page) -> None:
    _open_more(understood)
    understood.select_option("#mode", "sum")
    expect(understood.locator("#understoodParts")).to_be_hidden()
    expect(understood.locator("#modeTold")).to_contain_text("added up")
    with understood.expect_request("**/search/composed") as asked:
        understood.locator("#share").fill("0.8")

    assert _sent(asked.value)["balance"] == ["0.8"]
    assert _sent(asked.value)["mode"] == ["sum"]
    expect(understood).to_have_url(re.compile("mode=sum&balance=0.8"))
    understood.reload()
    _wait(understood)
    expect(understood.locator("#share")).to_have_value("0.8")

    understood.go_back()
    expect(understood.locator("#share")).to_have_value("0.5")
    understood.go_back()
    expect(understood.locator("#understoodParts")).to_be_visible()


@pytest.mark.parametrize("mode", ["published", "fusion", "sum", "image", "text"])
def test_every_mode_can_be_chosen(understood: Page, mode: str) -> None:
    before = understood.locator("#modeTold").text_content() or ""
    _open_more(understood)
    with understood.expect_response("**/search/composed") as answered:
        understood.select_option("#mode", mode)

    assert answered.value.json()["mode"] == mode
    expect(understood.locator("#modeTold")).not_to_have_text(before)
    expect(understood.locator("#command")).to_contain_text(f"--mode {mode}")


def test_each_weight_has_a_slider(understood: Page) -> None:
    _open_more(understood)
    with understood.expect_response("**/search/composed") as answered:
        understood.get_by_role("slider", name="What is to be gone").fill("1.25")

    assert answered.value.json()["composition"]["weights"]["forbidden"] == 1.25
    expect(understood).to_have_url(re.compile("weight_forbidden=1.25"))
    expect(understood.locator("#command")).to_contain_text("forbidden=1.25")


def test_a_composer_can_be_chosen(understood: Page) -> None:
    _open_more(understood)
    with understood.expect_request("**/search/composed") as asked:
        understood.select_option("#composer", "rules")

    assert _sent(asked.value)["composer"] == ["rules"]


def test_the_command_says_all_of_it(understood: Page) -> None:
    understood.locator("#understood .desired input").fill("a cat's tail")
    understood.keyboard.press("Enter")
    _open_more(understood)

    command = understood.locator("#command")
    expect(command).to_contain_text("sightline search --image /")
    expect(command).to_contain_text("--mode roles --caption '")
    expect(command).to_contain_text("--desired 'a cat'\\''s tail'")
    expect(command).to_contain_text("target=1,desired=0.75,preserve=0.25,image=0.5,forbidden=0.5")
    expect(command).to_contain_text(re.compile("'in the snow'$"))
    understood.context.grant_permissions(["clipboard-read", "clipboard-write"])
    understood.click("#commandCopy")
    expect(understood.locator("#note")).to_have_text("The command is copied.")
    copied = understood.evaluate("navigator.clipboard.readText()")
    assert copied == command.text_content()


@pytest.mark.parametrize("more", ["", "&mode=sum&balance=0.3", "&weight_image=2&min_width=100"])
def test_the_command_finds_the_same(
    shared_server: Served, visit: Callable[..., Page], more: str
) -> None:
    page = visit(shared_server, ASKED + more)
    _wait(page)
    expect(page.locator("#command")).to_contain_text("--image /")
    command = shlex.split(page.locator("#command").text_content() or "")
    assert command[0] == "sightline"

    ran = subprocess.run(
        [*COMMAND, *command[1:], "--gallery", str(shared_server.gallery), "--paths-only"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    found = [Path(line).name for line in ran.stdout.splitlines()]
    assert found == names(page)[:20]


def test_the_next_page_sends_the_parts_back(understood: Page) -> None:
    target = understood.locator("#target").input_value()
    with understood.expect_request(
        lambda request: _sent(request).get("offset", ["0"]) != ["0"]
    ) as asked:
        understood.mouse.move(600, 700)
        understood.mouse.wheel(0, 4000)

    sent = _sent(asked.value)
    assert sent["target"] == [target]
    assert sent["caption"] == [understood.locator("#caption").input_value()]


def test_what_fell_back_is_a_sentence(
    serve: Callable[..., Served], visit: Callable[..., Page]
) -> None:
    with llm_server(refuses(401)) as model:
        served = serve(SIGHTLINE_LLM_URL=model.url, SIGHTLINE_LLM_KEY="wrong")
        page = visit(served, ASKED)
        _wait(page)

        expect(page.locator("#fallbacks li")).to_have_count(1)
        expect(page.locator("#fallbacks")).to_contain_text("rules is used, not llm: ")
        assert "sk-secret" not in page.content()


def test_a_key_goes_with_the_request_and_nowhere_else(
    serve: Callable[..., Served], visit: Callable[..., Page]
) -> None:
    with llm_server(refuses(401), answers()) as model:
        page = visit(serve(SIGHTLINE_LLM_URL=model.url, SIGHTLINE_LLM_KEY="wrong"), ASKED)
        _wait(page)
        expect(page.locator("#fallbacks li")).to_have_count(1)
        _open_more(page)

        page.fill("#modelKey", "sk-of-my-own")
        page.press("#modelKey", "Enter")

        expect(page.locator("#target")).to_have_value("a blue car on a street at night")
        expect(page.locator("#fallbacks li")).to_have_count(0)
        expect(page.locator("#steps")).to_contain_text("100 tokens sent, 20 received")
        expect(page.locator("#steps")).to_contain_text("at night, a blue car; ")
        expect(page.locator("#steps")).to_contain_text(re.compile(r"agreement\s*[01]\.\d{3}"))
        assert model.keys[-1] == "Bearer sk-of-my-own"
        assert "sk-of-my-own" not in page.url
        assert "sk-of-my-own" not in (page.locator("#command").text_content() or "")
        assert page.evaluate("JSON.stringify(localStorage)").count("sk-") == 0

        page.reload()
        _wait(page)
        expect(page.locator("#modelKey")).to_have_value("sk-of-my-own")


def test_an_edit_by_keyboard_alone(understood: Page) -> None:
    understood.locator("#understood > summary").focus()
    understood.keyboard.press("Tab")
    expect(understood.locator("#caption")).to_be_focused()
    understood.keyboard.press("Tab")
    expect(understood.locator("#target")).to_be_focused()
    understood.keyboard.type(" with / stars")
    understood.keyboard.press("Enter")
    expect(understood).to_have_url(re.compile("with\\+%2F\\+stars"))
    expect(understood.locator("#targetFound")).to_be_visible()

    understood.keyboard.press("Tab")
    expect(understood.locator("#targetFound")).to_be_focused()
    understood.keyboard.press("Enter")

    expect(understood).not_to_have_url(re.compile("target="))


def test_a_phone_shows_one_line_until_it_is_opened(
    shared_server: Served, visit: Callable[..., Page]
) -> None:
    page = visit(shared_server, ASKED, viewport={"width": PHONE[0], "height": PHONE[1]})
    _wait(page)

    expect(page.locator("#caption")).to_be_hidden()
    expect(page.locator("#understoodLine")).to_contain_text("snow")
    page.locator("#understood > summary").click()
    expect(page.locator("#caption")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_axe_finds_nothing_in_the_open_glass_box(
    shared_server: Served, visit: Callable[..., Page], size: tuple[int, int], theme: str
) -> None:
    width, height = size
    look = {"color_scheme": theme, "reduced_motion": "reduce"}
    page = visit(shared_server, ASKED, viewport={"width": width, "height": height}, **look)
    _wait(page)
    if size == PHONE:
        page.locator("#understood > summary").click()
    _open_more(page)
    expect(page.locator("#command")).to_be_visible()

    results = Axe().run(page)

    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
