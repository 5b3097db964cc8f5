"""How far a long command has come, on standard error: rate and time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn, TaskID

    from sightline.encoders.hub.fetching import FetchProgress
    from sightline.types import Progress


@contextmanager
def shown_progress() -> Iterator[Callable[[Progress], None]]:
    """Show a bar for every stage that reports itself, for as long as the block runs."""
    with progress_bar() as bar:
        tasks: dict[str, TaskID] = {}

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                for earlier in tasks.values():
                    bar.update(earlier, visible=False)
                tasks[progress.stage] = bar.add_task(progress.stage, total=progress.total, note="")
            note = f"{progress.skipped:,} skipped" if progress.skipped else ""
            bar.update(
                tasks[progress.stage], completed=progress.done, total=progress.total, note=note
            )

        yield show


@contextmanager
def shown_download() -> Iterator[Callable[[FetchProgress], None]]:
    """Show megabytes, rate and time left of a download, for as long as the block runs."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    name = TextColumn("{task.description}", markup=False)
    size, rate = DownloadColumn(), TransferSpeedColumn()
    with _bar(name, BarColumn(bar_width=20), size, rate, TimeRemainingColumn()) as bar:
        task = bar.add_task("", total=None)

        def show(progress: FetchProgress) -> None:
            bar.update(
                task,
                description=progress.file.rpartition("/")[2],
                completed=progress.done_bytes,
                total=progress.total_bytes,
            )

        yield show


def progress_bar() -> Bar:
    """Return a bar with count, rate and time left; silent where nobody looks."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")

    return _bar(
        TextColumn("{task.description:>10}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", style="yellow"),
    )


def _bar(*columns: ProgressColumn) -> Bar:
    from rich.console import Console
    from rich.progress import Progress as Bar

    # Not the console of reports: a bar that is wider than the terminal has to be cut.
    console = Console(stderr=True)
    return Bar(*columns, console=console, transient=True, disable=not console.is_terminal)
