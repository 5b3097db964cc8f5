"""Where a language model is, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from sightline.errors import InvalidValueError

OPENAI = "https://api.openai.com/v1"
PUBLISHED_MODEL = "gpt-3.5-turbo"
"""The model of the system that ``published`` reproduces."""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """A language model behind an OpenAI-compatible address.

    Attributes:
        url: The base address, up to and with "/v1" where there is one.
        model: What the model is called there.
        key: The secret, or "" for servers that ask for none. It never enters a message.
        timeout_s: The longest that one answer may take, from the first byte to the last.
        max_answer_bytes: The longest answer that is read.

    Raises:
        InvalidValueError: the address is not that of a web server, or a limit is not above 0.
    """

    url: str = OPENAI
    model: str = PUBLISHED_MODEL
    key: str = field(default="", repr=False)
    timeout_s: float = 8.0
    max_answer_bytes: int = 65_536

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise InvalidValueError(
                "the address of the language model", self.url, "one with http:// or https://"
            )
        for name in ("timeout_s", "max_answer_bytes"):
            if not getattr(self, name) > 0:
                raise InvalidValueError(name, getattr(self, name), "above 0")

    @property
    def is_remote(self) -> bool:
        """Whether what is asked leaves this machine."""
        host = self.url.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[-1]
        name = host[1:].split("]", 1)[0] if host.startswith("[") else host.split(":", 1)[0]
        return name not in ("localhost", "::1") and not name.startswith("127.")
