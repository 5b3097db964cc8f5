"""`sightline models export`: a PyTorch checkpoint becomes a model folder."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, say
from sightline.cli.models.fetching import AcceptOption
from sightline.cli.models.progress import shown_download
from sightline.cli.options import JsonOption, as_model_option, named_path

if TYPE_CHECKING:
    from sightline.encoders.export.exporting import ExportReport


def export(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A checkpoint of CLIP, SigLIP, SigLIP 2 or DINOv2: its folder, hf:REPO, "
            "hf:REPO@REVISION, or a model's name after `models fetch NAME --checkpoint`.",
        ),
    ],
    out: Annotated[str, typer.Argument(metavar="OUT", help="The new folder.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the model that lies in OUT.")
    ] = False,
    accept_licence: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Turn a PyTorch checkpoint into a model folder, compare both, and print the folder.

    Needs the extra torch. The new folder appears at the end, or not at all.
    """
    from sightline.encoders.export.exporting import export as export_model
    from sightline.encoders.export.source import HUB

    with ExitStack() as bars:

        def tell(stage: str) -> None:
            if not stage.startswith("fetching"):
                bars.close()
            complain(stage)

        report = export_model(
            source,
            named_path(out),
            replace=force,
            accept_licence=accept_licence,
            tell=tell,
            fetching=bars.enter_context(shown_download()) if source.startswith(HUB) else None,
        )
    say(json.dumps(_facts(report)) if as_json else str(report.folder))
    complain(_closing_line(report))


def _closing_line(report: ExportReport) -> str:
    checked = {"pictures": report.picture_cosine, "texts": report.text_cosine}
    worst = ", ".join(f"{what} {value:.7f}" for what, value in checked.items() if value is not None)
    return (
        f"{report.dimensions} dimensions, {report.size_bytes / 1e6:,.0f} MB; worst cosine to "
        f"torch: {worst}; use it with `--model {as_model_option(report.folder)}`"
    )


def _facts(report: ExportReport) -> dict[str, object]:
    return {
        "folder": str(report.folder),
        "source": report.source,
        "dimensions": report.dimensions,
        "picture_cosine": report.picture_cosine,
        "text_cosine": report.text_cosine,
        "size_bytes": report.size_bytes,
    }
