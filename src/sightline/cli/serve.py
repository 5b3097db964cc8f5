"""`sightline serve`: the page and the HTTP interface of a gallery."""

from __future__ import annotations

import logging
import os
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, counted, is_watched
from sightline.cli.exits import Exit
from sightline.cli.options import (
    DeviceOption,
    GalleryOption,
    MegapixelsOption,
    ModelOption,
    PrecisionOption,
    ThreadsOption,
    gallery_folder,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from sightline.gallery import Gallery
    from sightline.server.settings import Settings


def serve(
    gallery: GalleryOption = None,
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen at. Default: 127.0.0.1.", show_default=False),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="The port to listen at; 0 takes a free one. Default: 8420.",
            min=0,
            max=65_535,
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            help="What callers must present. Better in SIGHTLINE_TOKEN: others on this machine "
            "can read the words of a command.",
            show_default=False,
        ),
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen on a network without a token.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the page in a browser.")
    ] = False,
    create: Annotated[
        bool, typer.Option("--create", help="Make the gallery if there is none yet.")
    ] = False,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Write a line for every request.")
    ] = False,
    model: ModelOption = None,
    precision: PrecisionOption = None,
    device: DeviceOption = "cpu",
    threads: ThreadsOption = 0,
    max_megapixels: MegapixelsOption = 200.0,
) -> None:
    """Serve a gallery: the page in a browser, and the HTTP interface behind it.

    Everything else is set by environment variables, which docs/service.md lists.
    """
    from sightline.gallery import Gallery
    from sightline.server.settings import Settings

    settings = Settings.from_environment(
        os.environ,
        host=host,
        port=port,
        token=token,
        insecure=insecure or None,
        access_log=access_log or None,
    )
    settings.check_binding()
    with Gallery.open(
        gallery_folder(gallery),
        model=model,
        create=create,
        precision=precision,
        device=device,
        threads=threads,
        max_megapixels=max_megapixels,
    ) as opened:
        serve_gallery(opened, settings, open_browser=is_watched() and not no_browser)


def serve_gallery(gallery: Gallery, settings: Settings, *, open_browser: bool) -> None:
    """Serve an open gallery until a signal comes.

    Raises:
        AddressTakenError: the address cannot be listened at.
        SightlineError: the gallery's model cannot be loaded.
        KeyboardInterrupt: Ctrl-C ended it; SIGTERM just returns.
    """
    from sightline.server import process
    from sightline.server.app import create_app

    _prepare_logging()
    listening = process.bind(settings.host, settings.port)
    errors: list[BaseException] = []

    def give_up(error: BaseException) -> None:
        errors.append(error)
        process.stop(app)

    app = create_app(settings, gallery, failed=give_up)
    ended_by = process.run(
        app, listening, _announcement(gallery, settings, listening, open_browser)
    )
    if errors:
        raise errors[0]
    if ended_by == signal.SIGINT:
        raise typer.Exit(Exit.INTERRUPTED)


def _announcement(
    gallery: Gallery, settings: Settings, listening: socket, open_browser: bool
) -> Callable[[], None]:
    def announce() -> None:
        host, port = settings.host, listening.getsockname()[1]
        shown_host = f"[{host}]" if ":" in host else host
        address = f"http://{shown_host}:{port}/"
        link = f"{address}?token={_quoted(settings.token)}" if settings.token else address
        complain(f"{counted(len(gallery), 'picture')} at {link}")
        complain("Ctrl-C ends it")
        if open_browser:
            import webbrowser

            webbrowser.open(link)

    return announce


def _quoted(token: str) -> str:
    from urllib.parse import quote

    return quote(token, safe="")


def _prepare_logging() -> None:
    """Let the service's log go where everything goes that is not a result."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("sightline.server.access").setLevel(logging.INFO)
    warnings.simplefilter("ignore", ResourceWarning)
