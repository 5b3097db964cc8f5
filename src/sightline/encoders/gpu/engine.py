"""Hands batches to a torch device, and fetches their vectors when they are there.

On CUDA a batch goes its way without anyone waiting for it::

    host         copies to pinned memory ─┐          hands over the next batch ...
    copy stream                           └─ to the device ─┐
    run stream                                              └─ tower ─ vectors to the host ─ event

Only who wants the vectors waits for the event, asleep and without Python's lock. Until it has
passed, a slot's memory belongs to the device: none of it is written, given away or freed before. So
it needs no other guard, and two slots are enough to copy one batch while another is computed.

MPS and CPUs have neither streams nor pinned memory here: work is done when it was handed over.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.gpu.checkpoint import Half, LoadedTower, taking_turns
from sightline.encoders.gpu.devices import TorchOptions


class Slot:
    """The memory of one batch on its way. Grows to the largest batch, and is used again."""

    def __init__(self) -> None:
        self.count = 0
        self.host: Any = None  # pinned on CUDA
        self.device: Any = None
        self.vectors: Any = None  # on the host, pinned on CUDA
        self.landed: Any = None  # CUDA's event

    def fits(self, batch: NDArray[Any]) -> bool:
        """Whether the batch can be put where earlier ones were."""
        if self.host is None:
            return False
        there = self.host.numpy()
        same = (there.shape[1:], there.dtype) == (batch.shape[1:], batch.dtype)
        return same and len(there) >= len(batch)


class Engine:
    """A loaded tower with its device. Any number of threads may hand it batches in slots.

    Args:
        tower: With its weights on the device.
        options: Of which the tower was loaded.
        levels: What the bytes of a picture mean, shape (3, 256); None if pictures come as floats.
    """

    def __init__(
        self, tower: LoadedTower, options: TorchOptions, levels: NDArray[np.float32] | None
    ) -> None:
        import torch

        self._torch = torch
        self._tower = tower
        self._device = options.torch_device()
        self._streams: tuple[Any, Any] | None = None
        if options.kind == "cuda":
            self._streams = (torch.cuda.Stream(self._device), torch.cuda.Stream(self._device))
        self._levels = None if levels is None else self._table(levels)

    def launch(self, slot: Slot, batch: NDArray[Any]) -> None:
        """Hand a batch over, in a slot that is free. On CUDA the work is not done on return.

        The batch itself is the caller's again at once. An empty one costs a run too.
        """
        slot.count = len(batch)
        if not slot.count:  # some kernels refuse it
            batch = np.zeros((1, *batch.shape[1:]), dtype=batch.dtype)
        with self._torch.inference_mode():
            if self._streams is None:
                self._launch_and_wait(slot, batch)
            else:
                with self._torch.cuda.device(self._device):
                    self._launch_on_streams(slot, batch, *self._streams)

    def collect(self, slot: Slot) -> NDArray[np.float32]:
        """Return a slot's vectors, shape (n, d), once they are there."""
        self.wait(slot)
        rows: NDArray[np.float32] = np.array(slot.vectors[: slot.count].numpy(), dtype=np.float32)
        return rows

    def wait(self, slot: Slot) -> None:
        """Return when the device needs a slot's memory no more."""
        if slot.landed is not None:
            slot.landed.synchronize()

    def _launch_and_wait(self, slot: Slot, batch: NDArray[Any]) -> None:
        there = self._host_copy(slot, batch)
        with taking_turns:
            slot.vectors = self._compute(there.to(self._device)).cpu()

    def _launch_on_streams(
        self,
        slot: Slot,
        batch: NDArray[Any],
        copies: Any,  # noqa: ANN401
        runs: Any,  # noqa: ANN401
    ) -> None:
        cuda = self._torch.cuda
        with cuda.stream(copies):
            host = self._host_copy(slot, batch)
            there = self._device_memory(slot)[: len(batch)]
            there.copy_(host, non_blocking=True)
            arrived = copies.record_event()
        with taking_turns, cuda.stream(runs):
            runs.wait_event(arrived)
            vectors = self._compute(there)
            if slot.vectors is None or len(slot.vectors) < len(vectors):
                slot.vectors = self._host_memory(tuple(vectors.shape), vectors.dtype)
            slot.vectors[: len(vectors)].copy_(vectors, non_blocking=True)
            # Blocking: who waits sleeps, and leaves the processor to those who decode.
            slot.landed = runs.record_event(cuda.Event(blocking=True))

    def _host_copy(self, slot: Slot, batch: NDArray[Any]) -> Any:  # noqa: ANN401
        """The batch in the slot's own memory on the host."""
        if not slot.fits(batch):
            dtype = self._torch.from_numpy(np.empty((0,), dtype=batch.dtype)).dtype
            slot.host, slot.device = self._host_memory(batch.shape, dtype), None
        np.copyto(slot.host.numpy()[: len(batch)], batch)
        return slot.host[: len(batch)]

    def _device_memory(self, slot: Slot) -> Any:  # noqa: ANN401
        """Room on the device for as much as the slot's memory on the host."""
        if slot.device is None:
            slot.device = self._torch.empty_like(slot.host, device=self._device, pin_memory=False)
        return slot.device

    def _host_memory(self, shape: tuple[int, ...], dtype: Any) -> Any:  # noqa: ANN401
        if self._streams is not None:
            # Systems limit how much memory may be pinned. Copies from other memory are slower, and
            # as safe: CUDA then reads it before the call returns.
            with contextlib.suppress(RuntimeError):
                return self._torch.empty(shape, dtype=dtype, pin_memory=True)
        return self._torch.empty(shape, dtype=dtype)

    def _compute(self, batch: Any) -> Any:  # noqa: ANN401
        if self._tower.half is Half.TEXT:
            return self._tower(batch)
        if batch.dtype == self._torch.uint8:
            return self._tower(self._looked_up(batch))
        return self._tower(batch.to(self._tower.dtype))

    def _looked_up(self, batch: Any) -> Any:  # noqa: ANN401
        if self._levels is None:
            raise ValueError("pictures came as bytes, and what the bytes mean was not given")
        channels = self._torch.arange(3, dtype=self._torch.int32, device=self._device) * 256
        places = batch.to(self._torch.int32) + channels.view(1, 3, 1, 1)
        return self._torch.nn.functional.embedding(places, self._levels).squeeze(-1)

    def _table(self, levels: NDArray[np.float32]) -> Any:  # noqa: ANN401
        """The levels of red, green and blue in one column, on the device."""
        table = self._torch.from_numpy(np.array(levels, dtype=np.float32).reshape(-1, 1))
        there = table.to(self._device, self._tower.dtype)
        if self._streams is not None:
            self._torch.cuda.synchronize(self._device)  # before other streams read it
        return there
