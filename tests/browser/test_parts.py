"""What the page is made of: small, its own, and without anything inline."""

import gzip
import re
from pathlib import Path

import pytest

import sightline

STATIC = Path(sightline.__file__).parent / "server" / "static"
PARTS = sorted(STATIC.iterdir())
PAGE = (STATIC / "index.html").read_text(encoding="utf-8")


def test_the_whole_page_is_small() -> None:
    whole = [part.read_bytes() for part in PARTS]

    assert sum(map(len, whole)) < 144 * 1024
    assert sum(len(gzip.compress(part)) for part in whole) < 56 * 1024


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_no_part_names_another_origin_or_makes_markup_from_text(part: Path) -> None:
    text = part.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")

    assert not re.search(r"https?:|//[\w.-]+\.\w+/", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|document\.write", text)


def test_the_policy_needs_no_exception() -> None:
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)|javascript:", PAGE)


def test_every_element_that_scripts_name_is_there_and_typed() -> None:
    ids = set(re.findall(r'\bid="(?!i-)(\w+)"', PAGE))
    named = set()
    for part in STATIC.glob("*.js"):
        named |= set(re.findall(r"\bui\.(\w+)", part.read_text(encoding="utf-8")))
    typed = (STATIC.parent / "page.d.ts").read_text(encoding="utf-8").partition("interface Ui")[2]

    assert named <= ids
    assert named <= set(re.findall(r"^  (\w+): HTML", typed, re.MULTILINE))


def test_every_module_is_used() -> None:
    imported = {"main.js", "theme.js"}
    for part in STATIC.glob("*.js"):
        imported |= set(re.findall(r'from "\./([\w-]+\.js)"', part.read_text(encoding="utf-8")))

    assert {part.name for part in STATIC.glob("*.js")} == imported
