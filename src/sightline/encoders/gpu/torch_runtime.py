"""Runs the towers of a transformers checkpoint with torch: on CUDA, ROCm, Apple's MPS or a CPU."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.cpu.pace import Pace
from sightline.encoders.files.model_files import ModelFolder
from sightline.encoders.gpu.checkpoint import (
    Half,
    check_architecture,
    first_line,
    has_half,
    is_out_of_memory,
    load_tower,
)
from sightline.encoders.gpu.devices import TorchOptions
from sightline.encoders.gpu.engine import Engine, Slot

Feeds = Mapping[str, NDArray[Any]]
"""Arrays by the name of the input."""

_T = TypeVar("_T")
_SLOTS = 2
# A card is filled by what a core takes a second for. Four batches at once let the copying of one
# hide behind the computing of another. Not measured on a GPU yet: benchmarks/gpu.py tells better.
_PACES = {"cuda": Pace(64, 4), "mps": Pace(32, 1), "cpu": Pace(8, 1)}


@dataclass(frozen=True, slots=True)
class TorchTowers:
    """The towers of a checkpoint. ``text`` is None where it reads pictures only."""

    vision: TorchTower
    text: TorchTower | None


def load_towers(
    folder: ModelFolder,
    config: Mapping[str, Any],
    options: TorchOptions,
    *,
    levels: NDArray[np.float32] | None = None,
) -> TorchTowers:
    """Return the towers of a checkpoint. Each is loaded when it is first needed.

    Args:
        folder: With the weights.
        config: Its ``config.json``.
        options: Device and precision.
        levels: What the 256 values of a prepared picture's bytes mean, shape (3, 256), for a
            picture tower that is to take bytes too; see ``TorchTower.run``.

    Raises:
        ModelFilesError: torch cannot run models of this kind.
    """
    check_architecture(folder, config)
    vision = TorchTower(folder, config, Half.PICTURE, options, levels)
    reads_text = has_half(config, Half.TEXT)
    return TorchTowers(
        vision, TorchTower(folder, config, Half.TEXT, options) if reads_text else None
    )


class TorchTower:
    """One half of a model, as ``openvino_runtime.Tower``. Safe to share by threads.

    float32 and bfloat16 vectors are those of the CPU to a cosine of 0.999 at least. They are not
    equal to the last bit, nor from one size of batch to another, as GPUs choose their kernels by
    size. A process that was forked after the model was loaded cannot use CUDA: spawn it.
    """

    def __init__(
        self,
        folder: ModelFolder,
        config: Mapping[str, Any],
        half: Half,
        options: TorchOptions,
        levels: NDArray[np.float32] | None = None,
    ) -> None:
        self._folder = folder
        self._config = config
        self._half = half
        self._options = options
        self._levels = levels
        self._loading = threading.Lock()
        self._engine: Engine | None = None

    @property
    def compiled(self) -> bool:
        """Whether the weights were needed yet."""
        return self._engine is not None

    @property
    def pace(self) -> Pace:
        """The batch that keeps the device busy, and how many to hand over at once."""
        return _PACES[self._options.kind]

    def run(self, feeds: Feeds) -> NDArray[np.float32]:
        """Return the vectors of one batch, shape (n, d), float32, owned by the caller.

        Args:
            feeds: ``pixel_values`` (n, 3, h, w), float32; or uint8 if the tower knows its levels,
                which is a quarter to copy and gives the same vectors. Or ``input_ids`` (n, tokens).
                Whatever else is in it is not needed.

        Raises:
            MemoryError: the device has no room for a batch of this size. A smaller one may pass.
            ModelFilesError: the weights cannot be loaded, or torch cannot run the model.
        """
        engine, slot = self._ready(), Slot()
        self._guarded(lambda: engine.launch(slot, feeds[self._half.value]))
        return self._guarded(lambda: engine.collect(slot))

    def run_all(self, batches: Sequence[Feeds], streams: int = 1) -> list[NDArray[np.float32]]:
        """Return the vectors of each batch, in order; like ``stream``, with all of them at hand.

        Args:
            batches: As ``run`` takes them.
            streams: Of no effect. Two batches at a time are on their way, however many there are.

        Raises:
            MemoryError: as for ``run``. What was done until then is lost.
            ModelFilesError: as for ``run``.
        """
        return list(self.stream(feeds[self._half.value] for feeds in batches))

    def stream(self, batches: Iterable[NDArray[Any]]) -> Generator[NDArray[np.float32]]:
        """Yield the vectors of each batch, in order; on CUDA while the next ones are on their way.

        A batch may be overwritten as soon as the next one is asked for. Batches may differ in size.

        Args:
            batches: As ``run`` takes them.

        Raises:
            MemoryError: the device has no room for a batch. The vectors of all batches before it
                have been yielded by then, so the caller knows where to go on with smaller ones.
            ModelFilesError: as for ``run``.
        """
        engine = self._ready()
        free = [Slot() for _ in range(_SLOTS)]
        flying: deque[Slot] = deque()
        failure: MemoryError | None = None
        try:
            for batch in batches:
                if not free:
                    yield self._landed(engine, flying, free)
                slot = free.pop()
                failure = self._try_launch(engine, slot, batch)
                if failure is not None:
                    break
                flying.append(slot)
            while flying:
                yield self._landed(engine, flying, free)
        finally:
            # Whoever stops listening leaves work behind, which still writes to the slots.
            for slot in flying:
                with contextlib.suppress(RuntimeError):
                    engine.wait(slot)
        if failure is not None:
            raise failure

    def _landed(self, engine: Engine, flying: deque[Slot], free: list[Slot]) -> NDArray[np.float32]:
        slot = flying.popleft()
        rows = self._guarded(lambda: engine.collect(slot))
        free.append(slot)
        return rows

    def _try_launch(self, engine: Engine, slot: Slot, batch: NDArray[Any]) -> MemoryError | None:
        try:
            self._guarded(lambda: engine.launch(slot, batch))
        except MemoryError as error:
            return error
        return None

    def _ready(self) -> Engine:
        with self._loading:
            if self._engine is None:
                tower = load_tower(self._folder, self._config, self._half, self._options)
                self._engine = self._guarded(lambda: Engine(tower, self._options, self._levels))
            return self._engine

    def _guarded(self, work: Callable[[], _T]) -> _T:
        """Return what work returns; failures of torch come as ours."""
        failure: Exception
        try:
            return work()
        except (RuntimeError, TypeError, ValueError) as error:
            failure = self._translated(error)
        # Not inside of the except clause: torch's error holds the frames of its failed attempt, and
        # they hold the tensors that fill the memory.
        if isinstance(failure, MemoryError):
            _release_memory(self._options)
        raise failure

    def _translated(self, error: Exception) -> Exception:
        device = self._options.device
        if is_out_of_memory(error):
            return MemoryError(f"{device} has no memory left for a batch of this size")
        problem = f"torch cannot run it on {device} ({first_line(error)})"
        if self._options.kind == "cpu":
            return self._folder.error(problem)
        return self._folder.error(problem, "update the GPU's driver or torch, or pass --device cpu")


def _release_memory(options: TorchOptions) -> None:
    """Give what torch keeps for later back to the device, where it lies in pieces too small."""
    import torch

    with contextlib.suppress(RuntimeError):
        if options.kind == "cuda":
            torch.cuda.empty_cache()
        elif options.kind == "mps":
            torch.mps.empty_cache()
