"""`sightline serve`: the page and the HTTP interface of a gallery."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import warnings
import webbrowser
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from sightline.cli.console import complain, counted, is_watched
from sightline.cli.exits import Exit
from sightline.cli.groups import with_groups
from sightline.cli.options import GalleryOption, Opening, gallery_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from sightline.gallery import Gallery
    from sightline.server.settings import Settings


@with_groups
def serve(
    *,
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
    opening: Opening,
) -> None:
    """Serve a gallery: the page in a browser, and the HTTP interface behind it.

    Everything else is set by environment variables, which docs/service.md lists.
    """
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
    with opening.open(gallery_folder(gallery), create=create) as opened:
        serve_gallery(opened, settings, open_browser=is_watched() and not no_browser)


def serve_gallery(gallery: Gallery, settings: Settings, *, open_browser: bool) -> None:
    """Serve an open gallery until a signal comes. SIGTERM is a usual end, Ctrl-C an interruption.

    Raises:
        AddressTakenError: the address cannot be listened at.
        SightlineError: the gallery's model cannot be loaded.
        typer.Exit: Ctrl-C ended it.
    """
    from sightline.composed import WordsSettings
    from sightline.server import process
    from sightline.server.app import create_app

    _prepare_logging()
    listening = process.bind(settings.host, settings.port)
    errors: list[BaseException] = []

    def give_up(error: BaseException) -> None:
        errors.append(error)
        process.stop(app)

    words = WordsSettings.from_environment(os.environ)
    app = create_app(settings, gallery, words=words, failed=give_up)
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
        address = page_address(settings.host, listening.getsockname()[1])
        link = sign_in_link(address, settings.token)
        # What nobody reads on a screen ends up in a log, and a token has no place there.
        complain(f"{counted(len(gallery), 'picture')} at {link if is_watched() else address}")
        if not settings.is_local:
            complain(f"listening at {settings.host}, so others on the network reach it, too")
        complain("Ctrl-C ends it")
        if open_browser:
            # Beside the service: a browser of the terminal returns when it is closed.
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()

    return announce


def page_address(host: str, port: int) -> str:
    """Return the address that this machine reaches a service by that listens at a host."""
    # What listens at all addresses of a machine has none of its own.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def sign_in_link(address: str, token: str | None) -> str:
    """Return the address that signs a browser in on its way to the page."""
    return f"{address}?token={quote(token, safe='')}" if token else address


def _prepare_logging() -> None:
    """Let the service's log go where everything goes that is not a result."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("sightline.server.access").setLevel(logging.INFO)
    warnings.simplefilter("ignore", ResourceWarning)
