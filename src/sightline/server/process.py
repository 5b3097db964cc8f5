"""The service as a process: its socket, its signals, and its end."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from sightline.server.http.refusals import AddressTakenError
from sightline.server.service import Service

_GRACE_S = 5
"""How long running answers have to end; streams and jobs are told to end before."""

_BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 takes a free one.

    Raises:
        AddressTakenError: another program has the address, or it is none of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With its protocol named, or asyncio leaves Nagle's algorithm on for every connection, and
        # each answer waits 40 ms for the caller's acknowledgement of its head.
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressTakenError(host, port, _reason(error)) from error
    try:
        if os.name == "posix":  # elsewhere it means to share the address with anybody
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise AddressTakenError(host, port, _reason(error)) from error
    listening.set_inheritable(False)
    return listening


def run(
    app: FastAPI, listening: socket.socket, started: Callable[[], None] = lambda: None
) -> int | None:
    """Serve until a signal comes; return its number, or None if ``stop`` ended it.

    Args:
        app: Of ``create_app``.
        listening: Of ``bind``; closed at the end.
        started: Called once the first request can come.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,  # the command line says how things are logged
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Server(config, app.state.service, started)
    app.state.stop = server.stop
    server.run(sockets=[listening])
    return server.signal


def stop(app: FastAPI) -> None:
    """End an app's ``run`` from another thread, as a signal would."""
    app.state.stop()


class _Server(uvicorn.Server):
    """Ends streams and jobs first, and leaves it to the caller what a signal means."""

    def __init__(
        self, config: uvicorn.Config, service: Service, started: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._service = service
        self._tell_started = started
        self.signal: int | None = None

    def stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Else uvicorn would wait for streams that wait for the job that waits for the end.
        self._service.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Listen to signals while the service runs; uvicorn's own would raise them again."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are the main thread's; ``stop`` ends the service
            return
        heard = [signal.SIGTERM]
        # A shell lets what it starts in the background ignore the Ctrl-C that is not meant for it.
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            heard.append(signal.SIGINT)
        before = {number: signal.signal(number, self.handle_exit) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self.signal = self.signal or sig


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
