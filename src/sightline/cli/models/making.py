"""`sightline models export` and `quantize`: a model is made of another, and measured."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, counted, page, say
from sightline.cli.models.fetching import AcceptOption
from sightline.cli.options import (
    JsonOption,
    MegapixelsOption,
    ThreadsOption,
    as_model_option,
    named_path,
)
from sightline.cli.progress import shown_download, shown_progress

if TYPE_CHECKING:
    from sightline.encoders.export.exporting import ExportReport
    from sightline.encoders.int8.report import QuantizationReport
    from sightline.images.sampling import PictureSample

_MEASURED = 200
_MOST_PICTURES = 1000  # half a gigabyte at 224 pixels, and more calibrate no better


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
    from sightline.encoders.installed import HUB

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
    say(json.dumps(asdict(report), default=str) if as_json else str(report.folder))
    complain(_closing_line(report))


def _closing_line(report: ExportReport) -> str:
    checked = {"pictures": report.picture_cosine, "texts": report.text_cosine}
    worst = ", ".join(f"{what} {value:.7f}" for what, value in checked.items() if value is not None)
    return (
        f"{report.dimensions} dimensions, {report.size_bytes / 1e6:,.0f} MB; worst cosine to "
        f"torch: {worst}; use it with `--model {as_model_option(report.folder)}`"
    )


def quantize(
    model: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="The model.")],
    calibrate: Annotated[
        str,
        typer.Option(
            "--calibrate",
            metavar="DIR",
            help="Pictures like those that will be searched: some calibrate, others measure.",
            show_default=False,
        ),
    ],
    pictures: Annotated[
        int,
        typer.Option(
            "--pictures",
            help=f"How many calibrate. Up to {_MEASURED} others measure.",
            min=1,
            max=_MOST_PICTURES,
        ),
    ] = 300,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Write a model folder of its own, in place of adding to the model.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Install it even if too few neighbours agree with float32."),
    ] = False,
    every_layer: Annotated[
        bool,
        typer.Option(
            "--every-layer",
            help="Leave no layer in floats, even if neighbours suffer: for the most speed.",
        ),
    ] = False,
    threads: ThreadsOption = 0,
    max_megapixels: MegapixelsOption = 200.0,
    as_json: JsonOption = False,
) -> None:
    """Make a model faster with 8-bit integers, and measure it. Needs the extra quantize.

    It is installed if 98 % of the first ten neighbours are those of float32, or with --force.
    """
    from sightline.encoders import load_model
    from sightline.encoders.installed import find_model
    from sightline.encoders.int8.calibration import import_nncf
    from sightline.encoders.int8.quantizing import calibrating_share
    from sightline.encoders.int8.quantizing import quantize as quantize_model
    from sightline.encoders.int8.report import QuantizationSettings
    from sightline.images.sampling import picture_sample

    import_nncf()  # what is missing is better said before pictures are read
    place = find_model(model)
    encoder = load_model(model, precision="float32")
    with shown_progress() as progress:
        sample = picture_sample(
            [named_path(calibrate)],
            encoder,
            pictures + _MEASURED,
            max_megapixels=max_megapixels,
            progress=progress,
        )
        _check_enough(calibrate, sample)
        report = quantize_model(
            place,
            sample.pixels,
            calibrating_share(len(sample.pixels), pictures),
            QuantizationSettings(force=force, every_layer=every_layer, threads=threads),
            out=named_path(out) if out is not None else None,
            progress=progress,
        )
    if as_json:
        say(json.dumps(_as_object(report, sample), ensure_ascii=False, default=str))
    else:
        _print_table(report)
        _print_rest(report, sample, model if out is None else as_model_option(report.folder))


def _check_enough(calibrate: str, sample: PictureSample) -> None:
    from sightline.encoders.int8.quantizing import LEAST_PICTURES
    from sightline.errors import InvalidValueError

    if len(sample.pixels) < LEAST_PICTURES:
        raise InvalidValueError(
            "--calibrate",
            calibrate,
            f"a folder with {LEAST_PICTURES} or more different pictures, and "
            f"{len(sample.pixels)} of its {counted(sample.found, 'file')} could be used; "
            "300 calibrate well",
        )


def _print_table(report: QuantizationReport) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("", no_wrap=True)
    for title in ("cosine", "worst", "first ten", "pictures/s", "faster", "MB"):
        table.add_column(title, justify="right", no_wrap=True)
    for run in report.runs:
        table.add_row(
            run.precision,
            f"{run.cosine_mean:.5f}",
            f"{run.cosine_worst:.5f}",
            f"{run.agreement:.1%}",
            f"{run.pictures_per_s:,.1f}",
            f"{run.pictures_per_s / report.float32.pictures_per_s:.1f} x",
            f"{run.megabytes:,.0f}",
        )
    page().print(table)


def _print_rest(report: QuantizationReport, sample: PictureSample, use: str) -> None:
    if sample.skipped:
        complain(f"{counted(len(sample.skipped), 'file')} could not be read, and were left out")
    complain(
        f"calibrated with {counted(report.calibrated_with, 'picture')}; measured with "
        f"{report.measured_with:,} others, as queries among all {report.gallery:,}"
    )
    if report.float_layers:
        kept = f"{len(report.float_layers)} of {report.layers} layers stayed in floats"
        complain(f"{kept}, so that the first ten agree")
    if report.forced:
        complain(
            f"note: {report.int8.agreement:.2%} of the first ten agree, which is below "
            f"{report.least_agreement:.1%}; it was installed because of --force"
        )
    complain(f"installed in {report.folder}; use it with `--model {use} --precision int8`")


def _as_object(report: QuantizationReport, sample: PictureSample) -> dict[str, object]:
    skipped = [{"path": each.path, "reason": each.reason} for each in sample.skipped]
    return asdict(report) | {"skipped": skipped}
