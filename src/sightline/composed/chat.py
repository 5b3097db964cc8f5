"""A language model behind an OpenAI-compatible address: where it is, one question, one answer.

The only place that calls one, and knows its errors.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sightline.errors import (
    InvalidValueError,
    ServiceAnswerError,
    ServiceError,
    ServiceRefusedError,
    ServiceUnreachableError,
)
from sightline.system.packages import require
from sightline.types.composition import Cost

if TYPE_CHECKING:
    import httpx2
    from openai import APIStatusError, OpenAI
    from openai.types.chat import ChatCompletion

OPENAI = "https://api.openai.com/v1"
PUBLISHED_MODEL = "gpt-3.5-turbo"
"""The model of the system that ``published`` reproduces."""

_MOST_TOKENS = 700
_NO_KEY = "none"  # the client insists on a key, and servers at home on none
_REMEDIES: Mapping[int, str] = {
    401: "give a valid key with SIGHTLINE_LLM_KEY",
    403: "give a key that may use this model with SIGHTLINE_LLM_KEY",
    404: "check SIGHTLINE_LLM_URL and SIGHTLINE_LLM_MODEL",
    429: "wait a while, or use a model with a higher limit",
}


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
        with suppress(ValueError):  # a name is no address: it may be anybody's
            host = urlsplit(self.url).hostname or ""
            return host != "localhost" and not ip_address(host).is_loopback
        return True


class Manner(IntEnum):
    """How much of the protocol a server understands: from an exact schema down to bare words."""

    SCHEMA = 0
    JSON = 1
    BARE = 2


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What a language model said, and what it took."""

    text: str
    cost: Cost


class ChatClient:
    """Asks one language model. Safe to share by threads.

    Args:
        settings: Where it is.

    Raises:
        MissingPackageError: ``openai`` is not installed.
    """

    def __init__(self, settings: ChatSettings) -> None:
        require("openai", extra="llm")
        self.settings = settings
        self._manner = Manner.SCHEMA

    def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        within_s: float,
        schema: Mapping[str, Any] | None = None,
    ) -> ChatAnswer:
        """Return the answer to some messages.

        A server that is busy (429) and says when to come back is asked once more if there is time.

        Args:
            messages: As the protocol has them.
            within_s: How many seconds there are; the settings may allow fewer.
            schema: A JSON schema for the answer; a server that knows none is asked without.

        Raises:
            ServiceUnreachableError: there is no answer in time.
            ServiceRefusedError: it answers with an error.
            ServiceAnswerError: the answer is empty, too long, or not in the protocol.
        """
        body: dict[str, Any] = {"model": self.settings.model, "messages": list(messages)}
        # A connection for each question: answers take seconds, so nothing is gained by keeping it.
        with self._connected() as client:
            # Loading the client's package, the first time, is not the server's fault.
            deadline_s = time.monotonic() + min(within_s, self.settings.timeout_s)
            try:
                return self._answered(client, body, schema, deadline_s)
            except _BusyError as busy:
                if busy.wait_s is None or time.monotonic() + busy.wait_s >= deadline_s:
                    raise busy.refusal from busy
                time.sleep(busy.wait_s)
            try:
                return self._answered(client, body, schema, deadline_s)
            except _BusyError as busy:
                raise busy.refusal from busy

    def _answered(
        self,
        client: OpenAI,
        body: Mapping[str, Any],
        schema: Mapping[str, Any] | None,
        deadline_s: float,
    ) -> ChatAnswer:
        """Ask in the manner that the server is known to understand, or in the next plainer one."""
        manner = self._manner if schema else Manner.BARE
        while True:
            try:
                answer = self._sent(client, {**body, **_extras(manner, schema)}, deadline_s)
            except ServiceRefusedError as refusal:
                if refusal.status not in (400, 422) or manner is Manner.BARE:
                    raise
                manner = Manner(manner + 1)
                continue
            if schema:
                self._manner = manner
            return answer

    def _sent(self, client: OpenAI, body: Mapping[str, Any], deadline_s: float) -> ChatAnswer:
        import openai

        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise ServiceUnreachableError(self.settings.url, "it took too long")
        try:
            completion = client.with_options(timeout=left_s).chat.completions.create(**body)
        except openai.APITimeoutError as error:
            reason = f"no answer within {self.settings.timeout_s:g} seconds"
            raise ServiceUnreachableError(self.settings.url, reason) from error
        except openai.APIStatusError as error:
            raise self._refusal(error) from error
        except openai.APIConnectionError as error:
            raise self._lost(error) from error
        except _OverlongError as error:
            problem = f"it is longer than {self.settings.max_answer_bytes:,} bytes"
            raise ServiceAnswerError(self.settings.url, problem) from error
        except (openai.OpenAIError, ValueError) as error:
            # The client parses the body, and lets JSON's own errors through.
            raise ServiceAnswerError(self.settings.url, "it is not JSON") from error
        return self._read(completion)

    def _read(self, completion: ChatCompletion) -> ChatAnswer:
        try:
            text = completion.choices[0].message.content
            usage = completion.usage
        except (AttributeError, IndexError, TypeError) as error:
            problem = "it is not in OpenAI's protocol"
            raise ServiceAnswerError(self.settings.url, problem) from error
        if not isinstance(text, str) or not text.strip():
            raise ServiceAnswerError(self.settings.url, "it is empty")
        cost = Cost() if usage is None else Cost(usage.prompt_tokens, usage.completion_tokens)
        return ChatAnswer(text, cost)

    def _refusal(self, error: APIStatusError) -> ServiceError | _BusyError:
        status = error.status_code
        remedy = _REMEDIES.get(status, "look into its log")
        # What the server says may be a page of HTML, or repeat the key; its reason will do.
        refusal = ServiceRefusedError(
            self.settings.url, status, error.response.reason_phrase or "no reason", remedy
        )
        if status != 429:
            return refusal
        return _BusyError(refusal, _seconds(error.response.headers.get("retry-after", "")))

    def _lost(self, error: Exception) -> ServiceUnreachableError:
        cause = error.__cause__ or error
        reason = str(cause).strip() or type(cause).__name__
        return ServiceUnreachableError(self.settings.url, " ".join(reason.split()))

    def _connected(self) -> OpenAI:
        import httpx2
        from openai import OpenAI

        http = httpx2.Client(
            follow_redirects=False,  # a redirect would carry the key to another machine
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [self._bound]},
        )
        return OpenAI(
            api_key=self.settings.key or _NO_KEY,
            base_url=self.settings.url,
            max_retries=0,
            http_client=http,
        )

    def _bound(self, response: httpx2.Response) -> None:
        """Let no answer go on for ever, in bytes or in seconds."""
        import httpx2

        allowed_s = response.request.extensions["timeout"]["read"]
        deadline_s = time.monotonic() + allowed_s
        stream, most = response.stream, self.settings.max_answer_bytes

        class Bounded(httpx2.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                read = 0
                for chunk in stream:  # type: ignore[union-attr]
                    read += len(chunk)
                    if read > most:
                        raise _OverlongError
                    if time.monotonic() > deadline_s:
                        raise httpx2.ReadTimeout("the answer did not end", request=response.request)
                    yield chunk

            def close(self) -> None:
                stream.close()  # type: ignore[union-attr]

        if response.headers.get("content-encoding", "identity") != "identity":
            response.stream = httpx2.ByteStream(b"")
            return
        response.stream = Bounded()


class _OverlongError(Exception):
    """An answer goes on and on. Never leaves this module."""


class _BusyError(Exception):
    """The server is busy. Never leaves this module.

    Attributes:
        refusal: What the caller gets if waiting is of no use.
        wait_s: When to come back, or None if the server does not say.
    """

    def __init__(self, refusal: ServiceRefusedError, wait_s: float | None) -> None:
        super().__init__(refusal, wait_s)
        self.refusal = refusal
        self.wait_s = wait_s


def _extras(manner: Manner, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if manner is Manner.BARE or schema is None:
        return {}
    common = {"temperature": 0, "max_completion_tokens": _MOST_TOKENS}
    if manner is Manner.JSON:
        return {**common, "response_format": {"type": "json_object"}}
    named = {"name": "target", "strict": True, "schema": dict(schema)}
    return {**common, "response_format": {"type": "json_schema", "json_schema": named}}


def _seconds(text: str) -> float | None:
    try:
        return max(float(text), 0.0)
    except ValueError:
        return None  # a date: that is too long to wait
