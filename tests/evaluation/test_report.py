"""The report: what it holds, that it asks for nothing, and how it looks in a browser."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, sync_playwright

from sightline.evaluation.qrels import JUNK, Qrels
from sightline.evaluation.report import write_report
from sightline.evaluation.report.examples import hardest_and_easiest
from sightline.evaluation.run.asking import Asking
from sightline.evaluation.run.evaluating import Evaluation, evaluate
from sightline.evaluation.run.workplace import Workplace
from sightline.evaluation.tasks import Crop, Protocol, Published, Task, Topic
from sightline.gallery import Gallery
from sightline.testing import FakeEncoder
from tests.browser.chromium import find_chromium
from tests.conftest import COLOURS, paint

HOSTILE = "<script>alert(1) & \"'.png"


class Page(HTMLParser):
    """Everything in a page that a test asks for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    home = tmp_path_factory.mktemp("report")
    for name, colour in COLOURS.items():
        for shade in range(3):
            red, green, blue = (max(0, channel - 30 * shade) for channel in colour)
            paint(home / "pictures" / f"{name}{shade}.png", (red, green, blue), (120, 80))
    paint(home / "pictures" / HOSTILE, (250, 250, 250), (120, 80))
    files = sorted((home / "pictures").iterdir())
    relevant = {f"by {name}": [f"{name}{i}.png" for i in range(3)] for name in COLOURS}
    topics = [Topic(f"by {name}", texts=(name,)) for name in COLOURS]
    topics.append(Topic("crossed", texts=("<b>red</b>",)))
    part = Crop(home / "pictures" / "red0.png", (0, 0, 60, 80), "part")
    topics.append(Topic("part", image=part, own="red0.png"))
    grades = dict(Qrels.of(relevant).grades)
    grades["crossed"] = {HOSTILE: 1, "blue0.png": 1}
    grades["part"] = {"blue1.png": 1, "red0.png": JUNK}
    grades["nothing"] = {"red0.png": 0}
    task = Task(
        "colours",
        "by <hand>",
        {path.name: path for path in files},
        tuple(topics),
        (Protocol("", Qrels(grades), ("mAP@3", "mAP@5", "mAP@5/hits", "MRR")),),
        depth=12,
        published=(Published("a report", {"mAP@5": 50.0}, "nothing is known about it"),),
        notes=("a remark & more",),
    )
    place = Workplace(home, home / "gallery")
    place.vectors.mkdir(exist_ok=True)
    with Gallery.open(place.gallery, model=FakeEncoder()) as gallery:
        return evaluate(task, gallery, place, Asking())


@pytest.fixture(scope="module")
def report(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(evaluation, tmp_path_factory.mktemp("out") / "new")


@pytest.fixture(scope="module")
def page(report: Path) -> Page:
    return Page(report.read_text(encoding="utf-8"))


def test_nothing_is_asked_for_from_outside(page: Page, report: Path) -> None:
    sources = [attributes["src"] for attributes in page.all("img")]

    assert sources
    assert all(source and source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not page.all("script")
    assert not page.all("link")
    text = re.sub(r"data:image/jpeg;base64,[\w+/=]+", "", report.read_text(encoding="utf-8"))
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src &#x27;none&#x27;" in text


def test_what_comes_from_outside_is_text(report: Path) -> None:
    text = report.read_text(encoding="utf-8")

    assert "<script>" not in text
    assert "<b>red</b>" not in text
    assert "“&lt;b&gt;red&lt;/b&gt;”" in text
    assert "by &lt;hand&gt;" in text
    assert "A remark &amp; more" in text


def test_it_has_the_figures_that_were_measured(evaluation: Evaluation, report: Path) -> None:
    text = report.read_text(encoding="utf-8")

    for figure in evaluation.scored[0].figures:
        interval = figure.interval
        told = f"{100 * interval.mean:.1f}<small>{100 * interval.low:.1f} to "
        assert told in text, figure.measure
    assert "mAP@k, a report" in text
    assert "1 query left out" in text


def test_it_has_three_charts_with_names(page: Page) -> None:
    names = [attributes["aria-label"] for attributes in page.all("svg")]

    assert names == [
        "Precision over recall",
        "mAP over k, in its three ways to divide",
        "Scores of relevant and other results",
    ]


def test_every_picture_says_what_it_is(page: Page) -> None:
    told = [attributes["alt"] for attributes in page.all("img")]

    assert all(told)
    assert "red1.png, relevant" in told
    assert "query red0.png" in told


def test_relevant_results_are_marked_by_more_than_colour(page: Page, report: Path) -> None:
    kinds = [attributes["class"] or "" for attributes in page.all("figure")]

    assert {"right", "wrong", "missed", "own"} <= set(kinds)
    assert report.read_text(encoding="utf-8").count("✓ relevant") == kinds.count("right")


def test_hardest_and_easiest_are_those(evaluation: Evaluation) -> None:
    scored, protocol = evaluation.scored[0], evaluation.task.protocols[0]
    topics = {topic.id: topic for topic in evaluation.task.topics}

    hardest, easiest = hardest_and_easiest(scored, evaluation.runs[""], protocol.qrels, topics, 3)

    values = sorted(scored.column("mAP@3"))
    assert [one.value for one in hardest] == values[:3]
    assert [one.value for one in easiest] == values[:-4:-1]
    crossed = next(one for one in hardest if one.topic.id == "crossed")
    assert "blue0.png" in {missed.document for missed in crossed.missed}
    assert all(missed.rank is None or missed.rank > 10 for missed in crossed.missed)


def test_a_picture_that_is_gone_is_no_fault(evaluation: Evaluation, tmp_path: Path) -> None:
    files = {name: tmp_path / "gone" for name in evaluation.files}

    text = write_report(replace(evaluation, files=files), tmp_path).read_text(encoding="utf-8")

    assert "cannot be read" in text


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        found = find_chromium(driver)
        if found is None:
            pytest.skip("there is no Chromium; install one, or run `playwright install chromium`")
        chromium = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_reads_well_and_asks_for_nothing(
    browser: Browser, report: Path, scheme: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(report.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert complaints == []
    broken = page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")
    assert broken == 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in re.findall(r"\d+", background)[:3]) / 3
    assert (lightness > 200) == (scheme == "light")
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]][:2]) for v in violations] == []
    page.close()
