"""How far a download has come, on standard error: megabytes, rate and time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.encoders.hub.fetching import FetchProgress


@contextmanager
def shown_download() -> Iterator[Callable[[FetchProgress], None]]:
    """Show a bar for as long as the block runs; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None)

        def show(progress: FetchProgress) -> None:
            bar.update(
                task,
                description=progress.file.rpartition("/")[2],
                completed=progress.done_bytes,
                total=progress.total_bytes,
            )

        yield show
