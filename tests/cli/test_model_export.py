import json
from pathlib import Path

import pytest

from sightline.cli.models.making import export
from sightline.encoders.export import exporting
from sightline.encoders.export.exporting import ExportReport


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, object]:
    """What the library was asked for; it answers at once."""
    seen: dict[str, object] = {}

    def quick(source: str, out: Path, **options: object) -> ExportReport:
        seen.update(options, source=source, out=out)
        options["tell"]("picture tower: reading")  # type: ignore[operator]
        text_cosine = None if source == "pictures-only" else 0.9999998
        return ExportReport(out, source, 768, 0.9999997, text_cosine, 1_710_000_000)

    monkeypatch.setattr(exporting, "export", quick)
    return seen


def test_the_closing_line_says_how_good_it_is_and_how_to_use_it(
    asked: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    export("hf:someone/clip", "out/model", force=True, accept_licence=True)

    shown = capsys.readouterr()
    assert shown.out == "out/model\n"
    assert shown.err == (
        "picture tower: reading\n"
        "768 dimensions, 1,710 MB; worst cosine to torch: pictures 0.9999997, "
        "texts 0.9999998; use it with `--model out/model`\n"
    )
    assert (asked["source"], asked["out"]) == ("hf:someone/clip", Path("out/model"))
    assert (asked["replace"], asked["accept_licence"]) == (True, True)


@pytest.mark.usefixtures("asked")
def test_a_model_without_words_has_one_cosine(capsys: pytest.CaptureFixture[str]) -> None:
    export("pictures-only", "model")

    assert "worst cosine to torch: pictures 0.9999997; use it" in capsys.readouterr().err


@pytest.mark.usefixtures("asked")
def test_json_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    export("pictures-only", "model", as_json=True)

    assert json.loads(capsys.readouterr().out) == {
        "folder": "model",
        "source": "pictures-only",
        "dimensions": 768,
        "picture_cosine": 0.9999997,
        "text_cosine": None,
        "size_bytes": 1_710_000_000,
    }
