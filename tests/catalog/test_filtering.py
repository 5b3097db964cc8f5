import os
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sightline.catalog import Catalog
from sightline.errors import InvalidValueError
from sightline.types import Batch, Filters, Orientation
from sightline.types.filters import FILTERS
from tests.catalog.catalog_rows import MODEL, OTHER, picture

DAY_NS = 86_400_000_000_000
NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)


def rows() -> list[tuple[str, dict[str, object]]]:
    """Names, and in what each differs from a landscape JPEG of 640 x 480 taken at noon."""
    return [
        ("plain/a.jpg", {}),
        ("plain/deep/b.png", {"format": "PNG", "labels": ["boat", "sea"]}),
        ("plainer/c.jpg", {"width_px": 480, "height_px": 640, "labels": ["boat"]}),
        ("plain%/d.jpg", {"width_px": 500, "height_px": 500, "taken_at": None}),
        ("Ärger/e.jpg", {"taken_at": "2024-05-03T23:59:59"}),
        ("plain_/f.jpg", {"taken_at": "2024-05-04T00:00:00", "width_px": 4000}),
    ]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as opened:
        new = []
        for number, (name, differs) in enumerate(rows()):
            facts = {
                "taken_at": "2024-05-03T12:00:00",
                "mtime_ns": int(NOON.timestamp()) * 10**9 + number * DAY_NS,
                **differs,
            }
            new.append(replace(picture(number, name), **facts))  # type: ignore[arg-type]
        opened.commit(Batch(model=MODEL, added=new))
        yield opened


def names(catalog: Catalog, filters: Filters) -> str:
    """Return the letters of the pictures that pass, in order of their ids."""
    records = catalog.records(catalog.matching(filters, MODEL))
    return "".join(records[id].path.stem for id in sorted(records))


def below(*folders: str) -> Filters:
    return Filters(folders=[Path("/pictures") / folder for folder in folders])


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(), "abcdef"),
        (below("plain"), "ab"),
        (below("plain/deep"), "b"),
        (below("plain", "plain%"), "abd"),
        (below("plain_"), "f"),
        (below("Ärger"), "e"),
        (Filters(folders=[Path("/")]), "abcdef"),
        (below("plain/a.jpg"), ""),
        (below("nowhere"), ""),
        (Filters(labels=["boat"]), "bc"),
        (Filters(labels=["boat", "sea"]), "b"),
        (Filters(labels=["Boat"]), ""),
        (Filters(formats=["png"]), "b"),
        (Filters(formats=["PNG", "jpeg"]), "abcdef"),
        (Filters(orientation=Orientation.LANDSCAPE), "abef"),
        (Filters(orientation=Orientation.PORTRAIT), "c"),
        (Filters(orientation=Orientation.SQUARE), "d"),
        (Filters(min_width_px=640), "abef"),
        (Filters(min_width_px=641), "f"),
        (Filters(max_width_px=640, min_height_px=500), "cd"),
        (Filters(max_height_px=499), "abef"),
        (Filters(min_width_px=10**30), ""),
        (Filters(max_width_px=10**30), "abcdef"),
        (Filters(taken_from=date(2024, 5, 3)), "abcef"),
        (Filters(taken_to=date(2024, 5, 3)), "abce"),
        (Filters(taken_from=date(2024, 5, 4)), "f"),
        (Filters(taken_from=datetime(2024, 5, 3, 12, 0, 1)), "ef"),
        (Filters(taken_to=datetime(2024, 5, 3, 12)), "abc"),
        (Filters(modified_from=NOON + timedelta(days=4)), "ef"),
        (Filters(modified_to=NOON + timedelta(days=1)), "ab"),
        (Filters(modified_from=datetime(9998, 1, 1)), ""),
        (Filters(modified_to=datetime(2, 1, 1)), ""),
        (Filters(labels=["boat"], formats=["JPEG"]), "c"),
    ],
)
def test_a_picture_passes_every_filter_or_is_left_out(
    catalog: Catalog, filters: Filters, passing: str
) -> None:
    assert names(catalog, filters) == passing


@pytest.mark.skipif(sys.platform == "win32", reason="two slashes begin a network share there")
@pytest.mark.parametrize("detour", ["//pictures/plain", "/pictures/x/../plain"])
def test_a_folder_with_a_detour_is_the_folder_it_leads_to(catalog: Catalog, detour: str) -> None:
    assert names(catalog, Filters(folders=[Path(detour)])) == "ab"


def test_every_field_has_its_row_and_its_condition(catalog: Catalog) -> None:
    unlike_all: dict[str, object] = {
        **{"folders": [Path("/nowhere")], "labels": ["train"], "formats": ["GIF"]},
        "orientation": Orientation.SQUARE,
    }
    bounds = {"min_": 5000, "max_": 10, "_from": date(2030, 1, 1), "_to": date(2000, 1, 1)}

    named = [parameter.field for filter in FILTERS for parameter in filter.parameters]
    assert named == [field.name for field in fields(Filters)]
    for field in named:
        bound = next((bounds[part] for part in bounds if part in field), None)
        filters = Filters(**{field: unlike_all.get(field, bound)})  # type: ignore[arg-type]
        assert names(catalog, filters) in ("", "d"), field


def test_a_day_of_changes_is_one_of_this_machine(catalog: Catalog) -> None:
    day = NOON.astimezone().date()

    assert names(catalog, Filters(modified_from=day, modified_to=day)) == "a"


def test_pictures_without_a_vector_of_the_model_do_not_pass(catalog: Catalog) -> None:
    assert catalog.matching(Filters(), OTHER).tolist() == []


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")
def test_a_folder_whose_name_is_no_text_is_a_filter_too(tmp_path: Path) -> None:
    odd = os.fsdecode(b"/pictures/\xff")
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        inside = replace(picture(1), path=Path(odd) / "x.jpg")
        below_text = replace(picture(2), path=Path(os.fsdecode(b"/pictures/text/\xfe.jpg")))
        catalog.commit(Batch(model=MODEL, added=[inside, below_text, picture(3)]))

        assert names(catalog, Filters(folders=[Path(odd)])) == "x"
        assert names(catalog, below("text")) == os.fsdecode(b"\xfe")


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_at_the_end_of_the_calendar_is_refused(year: int) -> None:
    with pytest.raises(InvalidValueError, match="from 2 to 9998"):
        Filters(taken_to=date(year, 6, 1))


def test_facets_count_labels_and_formats(catalog: Catalog) -> None:
    facets = catalog.facets()

    assert facets.labels == {"boat": 2, "sea": 1}
    assert facets.formats == {"JPEG": 5, "PNG": 1}
    assert (facets.first_taken, facets.last_taken) == (
        "2024-05-03T12:00:00",
        "2024-05-04T00:00:00",
    )


def test_labels_are_replaced_and_go_with_their_picture(catalog: Catalog) -> None:
    boat = int(catalog.matching(Filters(labels=["sea"]), MODEL)[0])

    catalog.commit(Batch(labels={boat: ["harbour", "harbour"], 999: ["nobody"]}))
    assert catalog.records([boat])[boat].labels == ("harbour",)
    assert "nobody" not in catalog.facets().labels

    catalog.commit(Batch(removed=[boat]))
    assert catalog.facets().labels == {"boat": 1}
