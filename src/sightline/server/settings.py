"""The settings of the service: read once from the environment; what is passed beside it wins."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass

from sightline.errors import InvalidValueError
from sightline.server.http.refusals import UnsafeBindingError
from sightline.server.http.validation import allowed_of
from sightline.system.paths import absolute

PREFIX = "SIGHTLINE_"
SHORTEST_TOKEN = 16
"""A token that guards a service which others can reach has at least so many characters."""

_MEGABYTE = 1_000_000


def _setting(default: Any, what: str, least: float | None = None) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"what": what, "least": least})


def _unlisted(value: object) -> object:
    """Return the words of a text with commas between them; what is no text, as it is."""
    if not isinstance(value, str):
        return value
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _switched(value: object) -> object:
    return (value.strip() or False) if isinstance(value, str) else value


Switch = Annotated[bool, BeforeValidator(_switched)]
Names = Annotated[tuple[str, ...], BeforeValidator(_unlisted)]
Folders = Annotated[
    tuple[Annotated[Path, AfterValidator(absolute)], ...], BeforeValidator(_unlisted)
]


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
    insecure: Switch = _setting(False, "listen on a network without a token")
    allowed_hosts: Names = _setting(
        (), "further names that the service is reached by, behind a proxy for example; * for any"
    )
    cors_origins: Names = _setting(
        (), "origins of other web pages that may use the service, such as https://example.org"
    )
    index_roots: Folders = _setting(
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
    access_log: Switch = _setting(False, "write a line for every request to standard error")

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        try:
            return read(given)
        except ValidationError as error:
            fault = error.errors()[0]
            allowed = "1 or 0" if fault["type"] == "bool_parsing" else allowed_of(fault)
            name = variable_of(str(fault["loc"][0]))
            raise InvalidValueError(name, fault["input"], allowed) from error

    def __post_init__(self) -> None:
        for setting in fields(self):
            value, least = getattr(self, setting.name), setting.metadata["least"]
            if least is not None and not value >= least:
                raise InvalidValueError(variable_of(setting.name), value, f"at least {least:g}")
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
        values: dict[str, Any] = {
            setting.name: text
            for setting in fields(cls)
            if (text := environment.get(variable_of(setting.name))) is not None
        }
        if values.get("token") == "":
            del values["token"]
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
