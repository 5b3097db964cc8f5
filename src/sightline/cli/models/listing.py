"""`sightline models list` and `where`: what there is to choose from, and where it lies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, page, say
from sightline.cli.models.fetching import NameArgument
from sightline.cli.options import JsonOption

if TYPE_CHECKING:
    from sightline.encoders.inventory import ModelEntry

_HEAD = ("model", "state", "licence", "weights", "px", "dims", "GFLOPs", "MB")
_GAP = "  "
# Of a row of the model table, as they are called there.
_FACTS = (
    "good_for",
    "licence",
    "restriction",
    "reads_text",
    "parameters_millions",
    "input_px",
    "dimensions",
    "gflops",
)


def list_models(as_json: JsonOption = False) -> None:
    """List the models that can be asked for by name, and which of them are on this machine.

    Weights are counted over both towers; px is the edge of the square that
    the model sees; dims are the numbers in a vector; GFLOPs are what one
    picture costs; MB is the size of the files in fp32, of which fp16 is half
    and int8 a quarter.
    """
    from sightline.encoders.inventory import inventory

    entries = inventory()
    if as_json:
        for entry in entries:
            say(json.dumps(_as_object(entry), ensure_ascii=False))
    else:
        _print_table(entries)
    for entry in entries:
        if entry.problem:
            complain(f"note: {entry.problem}")


def where(
    name: NameArgument,
    checkpoint: Annotated[
        bool, typer.Option("--checkpoint", help="The weights as they were trained, not the ONNX.")
    ] = False,
) -> None:
    """Print the folder that a model lies in."""
    from sightline.encoders.installed import find_checkpoint, find_model

    say(str((find_checkpoint if checkpoint else find_model)(name).folder.path))


def _print_table(entries: tuple[ModelEntry, ...]) -> None:
    from rich.text import Text

    console = page()
    rows = [_row(entry) for entry in entries]
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    notes = [_notes(entry) for entry in entries]
    longest = max(len("; ".join(told)) for told in notes)
    wide = sum(widths) + len(_GAP) * len(widths) + longest <= console.width
    head = f"{_line(_HEAD, widths)}{_GAP}good for" if wide else _line(_HEAD, widths)
    console.print(Text(head, style="bold"))
    for row, told in zip(rows, notes, strict=True):
        name, rest = _line(row, widths)[: widths[0]], _line(row, widths)[widths[0] :]
        line = Text(name, style="bold").append(rest, style="not bold")
        line.append(f"{_GAP}{'; '.join(told)}" if wide else "", style="not bold")
        console.print(line)
        for note in () if wide else told:
            console.print(Text(f"  {note}", style="dim"))


def _row(entry: ModelEntry) -> tuple[str, ...]:
    card, licence = entry.card, entry.licence or ""
    size = f"{entry.megabytes:,}" if entry.megabytes is not None else ""
    if card is None:
        return (entry.name, entry.state, licence, "", "", "", "", size)
    return (
        entry.name,
        entry.state,
        licence,
        f"{card.parameters_millions:,.0f} M",
        f"{card.input_px}",
        f"{card.dimensions}",
        f"{card.gflops:,.0f}" if card.gflops >= 10 else f"{card.gflops:.1f}",
        "" if card.package_folder else size,
    )


def _notes(entry: ModelEntry) -> tuple[str, ...]:
    """What a model is good for, or where it lies; and what of it is here."""
    from sightline.encoders.int8.report import noted_agreement

    parts = []
    if entry.card is not None:
        parts.append(entry.card.good_for)
        if entry.card.restriction:
            parts.append(f"{entry.card.restriction} use only, see its licence")
    elif entry.lies is not None:
        parts.append(entry.lies.source if entry.lies.commit else str(entry.lies.folder))
    if set(entry.here) - {"fp32"}:
        parts.append(f"here as {', '.join(entry.here)}")
    if entry.int8 is not None:
        agreement = noted_agreement(entry.int8)
        told = f", agreement {agreement:.1%}" if agreement is not None else ""
        parts.append(f"int8 made here{told}")
    return tuple(parts)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    """Words to the left, numbers to the right."""
    aligned = [
        cell.ljust(width) if place < 3 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return _GAP.join(aligned).rstrip()


def _as_object(entry: ModelEntry) -> dict[str, object]:
    from sightline.encoders.int8.report import noted_agreement

    int8, lies = entry.int8, entry.lies
    made = {"folder": str(int8.path), "agreement": noted_agreement(int8)} if int8 else None
    return {
        "name": entry.name,
        "state": entry.state.value,
        **{fact: getattr(entry.card, fact, None) for fact in _FACTS},
        "licence": entry.licence,
        "download_megabytes": entry.megabytes,
        "here": list(entry.here),
        "int8_made_here": made,
        "source": lies.source if lies else None,
        "folder": str(lies.folder) if lies else None,
    }
