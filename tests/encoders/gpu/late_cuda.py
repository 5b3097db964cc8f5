# ruff: noqa: ANN401 - torch carries no types that can be used
"""A CUDA that does everything as late as it may, on the processor: what it forgives, CUDA forgives.

Work that is put on a stream is only noted. It is done when somebody waits for an event behind it,
and then no more of it than the event, and the events it waits for in turn, demand. A buffer that
is written, read or given away without such a wait holds the wrong numbers then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from sightline.encoders.gpu.engine import Engine


@dataclass(eq=False)
class LateStream:
    noted: list[Callable[[], Any]] = field(default_factory=list)
    done: int = 0

    def record_event(self, event: LateEvent | None = None) -> LateEvent:
        event = event or LateEvent()
        event.stream, event.place = self, len(self.noted)
        return event

    def wait_event(self, event: LateEvent) -> None:
        self.noted.append(event.synchronize)

    def catch_up(self, place: int) -> None:
        while self.done < place:
            self.done += 1
            self.noted[self.done - 1]()


@dataclass(eq=False)
class LateEvent:
    blocking: bool = False
    stream: LateStream | None = None
    place: int = 0

    def synchronize(self) -> None:
        assert self.stream is not None, "nobody recorded this event"
        self.stream.catch_up(self.place)


class LateCuda:
    """What ``Engine`` uses of ``torch.cuda``."""

    Stream = LateStream
    Event = LateEvent

    def __init__(self) -> None:
        self.current: LateStream | None = None

    @contextlib.contextmanager
    def stream(self, stream: LateStream) -> Iterator[None]:
        before, self.current = self.current, stream
        yield
        self.current = before

    def device(self, device: object) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def note(self, work: Callable[[], Any]) -> None:
        assert self.current is not None, "work was not put on a stream"
        self.current.noted.append(work)


class LateTorch:
    """torch, with this CUDA in the place of its own."""

    def __init__(self) -> None:
        self.cuda = LateCuda()

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def empty(self, shape: Any, *, dtype: Any, pin_memory: bool = False) -> Any:
        return torch.full(tuple(shape), 99, dtype=dtype)  # nothing that would do by chance

    def empty_like(self, other: Any, *, device: Any, pin_memory: bool) -> Any:
        return torch.full_like(other, 98)


class LateCopies(TorchFunctionMode):  # type: ignore[misc]
    """While it is entered, copies that need not wait are noted on the current stream."""

    def __init__(self, cuda: LateCuda) -> None:
        super().__init__()
        self._cuda = cuda

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.Tensor.copy_ and kwargs.get("non_blocking"):
            into, source = args

            def copy() -> None:
                with torch.inference_mode():
                    into.copy_(source)

            self._cuda.note(copy)
            return into
        return func(*args, **kwargs)


def make_late(engine: Engine, dimensions: int) -> LateCopies:
    """Let an engine of a CPU believe that it has this CUDA; the result is to be entered."""
    late, compute = LateTorch(), engine._compute

    def compute_late(batch: Any) -> Any:
        vectors = torch.full((len(batch), dimensions), 97.0)

        def work() -> None:
            with torch.inference_mode():
                vectors.copy_(compute(batch))

        late.cuda.note(work)
        return vectors

    engine._torch = late
    engine._streams = (late.cuda.Stream(), late.cuda.Stream())
    engine._compute = compute_late  # type: ignore[method-assign]
    return LateCopies(late.cuda)
