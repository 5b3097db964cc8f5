"""Pictures come into the gallery: uploaded, or indexed where they are."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sightline.gallery import Gallery
from sightline_scenes.collection import write_collection
from tests.browser.conftest import SCENES, Served
from tests.browser.looking import drop, first_name, names, tile, wait_for_results


@pytest.fixture(scope="module")
def more_scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("more") / "scenes"
    write_collection(folder, count=6, seed=77, width_px=320, height_px=240, workers=1)
    return folder


@pytest.fixture
def page(serve: Callable[..., Served], visit: Callable[..., Page]) -> Page:
    return visit(serve())


def test_an_upload_is_found_by_the_next_search(page: Page, more_scenes: Path) -> None:
    new = more_scenes.parent / "a new one.jpg"
    shutil.copy(min(more_scenes.rglob("*.jpg")), new)
    page.click("#addOpen")
    page.fill("#addLabel", "from afar")
    page.set_input_files("#addFiles", new)

    expect(page.locator("#uploadsSummary")).to_have_text("1 picture added.")
    expect(page.locator("#galleryCount")).to_have_text(f"{SCENES + 1} pictures")
    page.keyboard.press("Escape")
    page.click("#tabImage")
    page.set_input_files("#queryFile", new)
    wait_for_results(page)
    assert first_name(page) == new.name
    tile(page, 0).click()
    expect(page.locator("#labels .chip")).to_have_text("from afar")

    page.on("dialog", lambda question: question.accept())
    page.locator("#viewerActions").get_by_role("button", name="Remove").click()

    expect(page.locator("#galleryCount")).to_have_text(f"{SCENES} pictures")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator("#grid bdi").first).not_to_have_text(new.name)


def test_many_files_are_told_of_one_by_one(
    page: Page, more_scenes: Path, scene: Path, tmp_path: Path
) -> None:
    liar = tmp_path / "liar.jpg"
    liar.write_bytes(b"I am no picture.")
    files = [*sorted(more_scenes.rglob("*.jpg"))[:3], scene, liar]

    drop(page, files, "#dropAdd")

    expect(page.locator("#uploadsSummary")).to_have_text(
        "3 pictures added, 1 here already, 1 refused."
    )
    expect(page.locator(".upload.added")).to_have_count(3)
    expect(page.locator(".upload.known")).to_contain_text(scene.name)
    refused = page.locator(".upload.refused")
    expect(refused).to_contain_text("liar.jpg")
    assert len(refused.locator(".upload-state").text_content() or "") > 10, "there is a reason"
    page.locator(".upload.added a").first.click()
    expect(page.locator("#add")).to_be_hidden()
    wait_for_results(page)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    serve: Callable[..., Served], visit: Callable[..., Page], scene: Path
) -> None:
    page = visit(serve(SIGHTLINE_MAX_UPLOAD_BYTES="1000"))
    expect(page.locator("#galleryCount")).to_have_text(f"{SCENES} pictures")
    page.click("#addOpen")
    page.set_input_files("#addFiles", scene)

    expect(page.locator(".upload.refused")).to_contain_text("larger than 1.0 KB")


def test_a_folder_is_indexed_as_a_job(page: Page, more_scenes: Path) -> None:
    page.click("#addOpen")
    page.fill("#jobFolder", str(more_scenes))
    page.get_by_role("button", name="Index", exact=True).click()

    expect(page.locator("#jobText")).to_have_text(re.compile(r"Done in [\d.]+ s: 6 added\."))
    expect(page.locator("#galleryCount")).to_have_text(f"{SCENES + 6} pictures")
    page.keyboard.press("Escape")
    page.click("#galleryOpen")
    expect(page.locator("#galleryFolders")).to_contain_text(str(more_scenes))


def test_a_job_shows_how_far_it_is_and_can_be_cancelled(
    page: Page, drawn: Path, tmp_path: Path
) -> None:
    many = tmp_path / "many"
    for copy in range(12):
        for number, picture in enumerate(sorted((drawn / "scenes").rglob("*.jpg"))):
            place = many / f"{copy}-{number}.jpg"
            place.parent.mkdir(exist_ok=True)
            # Each differs in a byte behind its end, so that each has to go through the model.
            place.write_bytes(picture.read_bytes() + bytes([copy]))
    page.click("#addOpen")
    page.fill("#jobFolder", str(many))
    page.press("#jobFolder", "Enter")

    expect(page.locator("#jobText")).to_have_text(re.compile(r"Indexing · [\d,]+ of 1,440"))
    expect(page.locator("#jobBadge")).to_contain_text("%")
    page.reload()
    page.click("#galleryOpen")
    page.click("#galleryAdd")
    expect(page.locator("#jobText")).to_contain_text("of 1,440")
    page.get_by_role("button", name="Cancel", exact=True).click()

    expect(page.locator("#jobText")).to_contain_text("Cancelled after")
    expect(page.locator("#jobCancel")).to_be_hidden()


def test_a_folder_that_is_not_there_is_told_of(page: Page) -> None:
    page.click("#addOpen")
    page.fill("#jobFolder", "/nowhere/at/all")
    page.press("#jobFolder", "Enter")

    told = page.locator("#jobFault, #jobText").filter(has_text="/nowhere/at/all")
    expect(told.first).to_be_visible()


def test_the_gallery_panel_says_what_could_not_be_read(
    serve: Callable[..., Served], visit: Callable[..., Page], tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    page = visit(serve())
    page.click("#addOpen")
    page.fill("#jobFolder", str(broken))
    page.press("#jobFolder", "Enter")
    expect(page.locator("#jobText")).to_contain_text("1 skipped")
    page.keyboard.press("Escape")

    page.click("#galleryOpen")
    page.get_by_text("Which files").click()

    expect(page.locator("#faults")).to_contain_text("torn.jpg")
    expect(page.locator("#galleryFacts")).to_contain_text(f"mini: {SCENES} vectors")


def test_an_empty_gallery_says_how_to_fill_it(
    visit: Callable[..., Page], tmp_path: Path, more_scenes: Path
) -> None:
    with Gallery.open(tmp_path / "empty", model="mini"):
        pass
    served = Served(tmp_path / "empty", "--model", "mini")
    try:
        page = visit(served)
        expect(page.get_by_role("heading", name="This gallery has no pictures yet")).to_be_visible()
        page.click("#welcomeAdd")
        page.set_input_files("#addFiles", sorted(more_scenes.rglob("*.jpg")))
        expect(page.locator("#uploadsSummary")).to_have_text("6 pictures added.")
        page.keyboard.press("Escape")
        expect(page.locator("#welcome")).to_be_hidden()
        expect(page.locator("#grid .tile")).to_have_count(6)
        assert len(names(page)) == 6
    finally:
        served.stop()
        shutil.rmtree(tmp_path / "empty")
