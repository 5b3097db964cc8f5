"""The settings of the service: read once from the environment; what is passed beside it wins."""

from __future__ import annotations

import ipaddress
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from sightline.errors import InvalidValueError
from sightline.server.http.refusals import UnsafeBindingError
from sightline.system.paths import absolute

PREFIX = "SIGHTLINE_"
SHORTEST_TOKEN = 16
"""A token that guards a service which others can reach has at least so many characters."""

_MEGABYTE = 1_000_000


def _setting(default: Any, what: str, least: float | None = None) -> Any:  # noqa: ANN401
    if isinstance(default, tuple):
        return field(default_factory=lambda: default, metadata={"what": what, "least": least})
    return field(default=default, metadata={"what": what, "least": least})


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service runs. Every field is documented in its metadata, for the generated table.

    Raises:
        InvalidValueError: a number is too small, a host or a root is empty, or a token has
            characters that no header can carry.
    """

    host: str = _setting("127.0.0.1", "the address to listen at")
    port: int = _setting(8420, "the port to listen at; 0 takes a free one and prints it", 0)
    token: str | None = _setting(
        None, "what callers must present; needed to listen anywhere but on this machine"
    )
    insecure: bool = _setting(False, "listen on a network without a token")
    allowed_hosts: tuple[str, ...] = _setting(
        (), "further names that the service is reached by, behind a proxy for example; * for any"
    )
    cors_origins: tuple[str, ...] = _setting(
        (), "origins of other web pages that may use the service, such as https://example.org"
    )
    index_roots: tuple[Path, ...] = _setting(
        (), "folders below which POST /jobs/index may read; none means any folder"
    )
    max_upload_bytes: int = _setting(
        64 * _MEGABYTE, "the largest body of a request with pictures, refused while it comes in", 1
    )
    max_json_bytes: int = _setting(_MEGABYTE, "the largest body of any other request", 1)
    body_timeout_s: float = _setting(
        30.0, "how long a request may stand still while its body comes in", 0.001
    )
    search_threads: int = _setting(16, "how many searches run at once", 1)
    search_queue: int = _setting(
        256, "how many searches may run or wait; more get 503 with Retry-After", 1
    )
    joining_window_ms: float = _setting(
        2.0, "how long texts wait for others to share the model's next run, when there are any", 0
    )
    text_cache: int = _setting(4096, "how many vectors of texts are kept; 0 turns it off", 0)
    answer_cache: int = _setting(
        20_000, "how many hits are kept, of the last answers; 0 turns it off", 0
    )
    kept_queries: int = _setting(
        50, "how many uploaded query pictures are kept for reloads; 0 turns it off", 0
    )
    picture_threads: int = _setting(
        8, "how many pictures are decoded at once, for thumbnails and uploads", 1
    )
    access_log: bool = _setting(False, "write a line for every request to standard error")

    def __post_init__(self) -> None:
        for name, least in _least_values().items():
            value = getattr(self, name)
            if not value >= least:
                raise InvalidValueError(variable_of(name), value, f"at least {least:g}")
        if self.port > 65_535:
            raise InvalidValueError(variable_of("port"), self.port, "a port from 0 to 65535")
        if not self.host:
            raise InvalidValueError(variable_of("host"), self.host, "an address, such as 127.0.0.1")
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            # The token itself does not go into the message: messages end up in logs.
            raise InvalidValueError(variable_of("token"), "...", "of printable ASCII characters")
        if self.token is not None and not self.token.strip():
            raise InvalidValueError(variable_of("token"), self.token, "a secret, or not set at all")

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str],
        **given: Any,  # noqa: ANN401 - as many types as there are fields
    ) -> Settings:
        """Return the settings that the environment names, with what is given laid over them.

        Args:
            environment: Such as ``os.environ``; what is not called SIGHTLINE_... is passed over.
            given: Fields by name; None leaves the environment's or the default.

        Raises:
            InvalidValueError: a value cannot be understood, or is out of range.
        """
        values: dict[str, Any] = {}
        hints = get_type_hints(cls)
        for setting in fields(cls):
            text = environment.get(variable_of(setting.name))
            if text is not None and not (text == "" and setting.name == "token"):
                values[setting.name] = _parsed(setting.name, hints[setting.name], text)
        return cls(**values | {name: value for name, value in given.items() if value is not None})

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the service."""
        return is_loopback(self.host)

    @property
    def is_trusted(self) -> bool:
        """Whether whoever reaches the service may do all that it can do."""
        return self.is_local or self.token is not None

    def check_binding(self) -> None:
        """Refuse to open the gallery to a network without a guard.

        Raises:
            UnsafeBindingError: others can reach the service, and there is no token, or a short one.
        """
        if self.is_local or self.insecure:
            return
        if self.token is None or len(self.token) < SHORTEST_TOKEN:
            raise UnsafeBindingError(self.host, SHORTEST_TOKEN, self.token is not None)


def is_loopback(host: str) -> bool:
    """Return whether a host to listen at can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def settings_table() -> str:
    """Return the table of all settings, in Markdown, for the guide."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for setting in fields(Settings):
        default = getattr(Settings(), setting.name)
        if default is None or default == ():
            shown = "none"
        else:
            shown = f"`{str(default).lower() if isinstance(default, bool) else default}`"
        rows.append(f"| `{variable_of(setting.name)}` | {shown} | {setting.metadata['what']} |")
    return "\n".join(rows) + "\n"


# From text to value


def _least_values() -> dict[str, float]:
    known = {setting.name: setting.metadata["least"] for setting in fields(Settings)}
    return {name: least for name, least in known.items() if least is not None}


def _parsed(name: str, hint: Any, text: str) -> Any:  # noqa: ANN401
    if isinstance(hint, types.UnionType):
        hint = get_args(hint)[0]
    parse, allowed = _PARSERS.get(hint, (str, "a text"))
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidValueError(variable_of(name), text, allowed) from error


def _truth(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"0": False, "false": False, "no": False, "off": False, "": False}
    if text.strip().lower() not in known:
        raise ValueError(text)
    return known[text.strip().lower()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _folders(text: str) -> tuple[Path, ...]:
    return tuple(absolute(word) for word in _words(text))


_PARSERS: Mapping[Any, tuple[Callable[[str], Any], str]] = {
    str: (str, "a text"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    bool: (_truth, "1 or 0"),
    tuple[str, ...]: (_words, "names with commas between them"),
    tuple[Path, ...]: (_folders, "folders with commas between them"),
}
