"""Which device torch runs a model on, and in which arithmetic.

ROCm builds of torch call their devices ``cuda``, so AMD's cards need nothing of their own here.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from sightline.errors import DeviceNotFoundError, InvalidValueError
from sightline.system.packages import require

GPU_PRECISIONS = ("float32", "bfloat16", "float16")
"""The arithmetic that torch can be asked for. float16 is for GPUs alone."""

_DEVICES = re.compile(r"cpu|mps|cuda(:\d+)?")
_GPU_NODES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg", "/dev/nvhost-gpu")
_ALLOWED = "auto, cpu, cuda, cuda:N or mps"


@dataclass(frozen=True, slots=True)
class TorchOptions:
    """How torch runs a tower. Made by ``torch_options``, which asks the machine.

    Attributes:
        device: "cpu", "mps", "cuda" or "cuda:N".
        precision: One of ``GPU_PRECISIONS``.

    Raises:
        InvalidValueError: the device or the precision has another name.
    """

    device: str = "cpu"
    precision: str = "float32"

    def __post_init__(self) -> None:
        if not _DEVICES.fullmatch(self.device):
            raise InvalidValueError("device", self.device, _ALLOWED)
        if self.precision not in GPU_PRECISIONS:
            raise InvalidValueError("precision", self.precision, " or ".join(GPU_PRECISIONS))

    @property
    def kind(self) -> str:
        """The device without its number: "cpu", "mps" or "cuda"."""
        return self.device.partition(":")[0]

    def torch_device(self) -> Any:  # noqa: ANN401 - torch is not imported here
        """Return torch's name of the device, with its number.

        "cuda" is the first card. To torch it would be the calling thread's own current one.
        """
        import torch

        return torch.device("cuda:0" if self.device == "cuda" else self.device)


def choose_device(asked: str = "auto") -> str:
    """Return the device to run on: what was asked for, or for "auto" the best that is there.

    "auto" prefers CUDA (which is also what ROCm calls itself), then Apple's MPS, then the CPU. It
    settles for the CPU where torch is not installed, which has a runtime of its own then.

    Raises:
        InvalidValueError: no device has such a name.
        MissingPackageError: a GPU was asked for, and torch is not installed.
        DeviceNotFoundError: a GPU was asked for, and torch cannot use it.
    """
    if asked == "auto":
        return _best_device()
    if not _DEVICES.fullmatch(asked):
        raise InvalidValueError("device", asked, _ALLOWED)
    if asked != "cpu":
        require_torch()
        problem = _mps_problem() if asked == "mps" else _cuda_problem(asked)
        if problem:
            raise DeviceNotFoundError(asked, problem)
    return asked


def torch_options(device: str = "auto", precision: str | None = None) -> TorchOptions:
    """Return the options for a device of this machine, with nothing left to choose.

    Args:
        device: As for ``choose_device``.
        precision: One of ``GPU_PRECISIONS``; None or "auto" for the quickest that is accurate:
            bfloat16 on cards made for it, else float16; float32 on MPS and CPUs.

    Raises:
        MissingPackageError: torch or transformers is not installed.
        DeviceNotFoundError: torch cannot use the device.
        InvalidValueError: the device or the precision is unknown, or they do not go together.
    """
    require_torch()
    chosen = choose_device(device)
    if precision in (None, "auto"):
        return TorchOptions(chosen, _best_precision(chosen))
    options = TorchOptions(chosen, str(precision))
    if options.precision == "float16" and options.kind == "cpu":
        raise InvalidValueError("precision", "float16", "float32 or bfloat16 on a processor")
    if options.precision == "bfloat16" and not _has_bfloat16(chosen):
        raise InvalidValueError("precision", "bfloat16", "float16 or float32 on this GPU")
    return options


def device_name(device: str) -> str:
    """Return what the maker calls a device, such as "NVIDIA H100 80GB HBM3"; "" for a CPU."""
    import torch

    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(TorchOptions(device).torch_device()))
    return "Apple GPU" if device == "mps" else ""


def require_torch() -> None:
    """Return if torch and transformers can be imported.

    Raises:
        MissingPackageError: one of them is not installed.
    """
    for package in ("torch", "transformers"):
        require(package, extra="torch")


def _best_device() -> str:
    # Importing torch takes seconds, so not where there is no sign of a GPU.
    if find_spec("torch") is None or not _may_have_gpu():
        return "cpu"
    if not _cuda_problem("cuda"):
        return "cuda"
    return "cpu" if _mps_problem() else "mps"


def _may_have_gpu() -> bool:
    """Whether the system shows a GPU's driver: NVIDIA's, AMD's, or that of Windows under Linux."""
    if sys.platform != "linux":
        return True
    return any(os.path.exists(node) for node in _GPU_NODES)


def _best_precision(device: str) -> str:
    if not device.startswith("cuda"):
        return "float32"
    return "bfloat16" if _has_bfloat16(device) else "float16"


def _has_bfloat16(device: str) -> bool:
    import torch

    if device.startswith("cuda"):
        # Cards before Ampere only emulate it, slower than float16. The question is about the
        # current device, whatever that is.
        with torch.cuda.device(TorchOptions(device).torch_device()):
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    try:
        torch.zeros(1, dtype=torch.bfloat16, device=device)
    except (RuntimeError, TypeError):  # MPS before macOS 14
        return False
    return True


def _cuda_problem(device: str) -> str:
    """Why a CUDA device cannot be used, or ""."""
    import torch

    # An old driver is told by a warning, and by nothing else.
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        count = int(torch.cuda.device_count()) if torch.cuda.is_available() else 0
    number = int(device.partition(":")[2] or 0)
    if number < count:
        return ""
    if count:
        return f"there are {count} CUDA devices, counted from 0"
    if torch.version.cuda is None and torch.version.hip is None:
        return "this build of torch is for processors only, so install one for your GPU"
    return _first_line(told[-1].message) if told else "torch sees no CUDA device here"


def _mps_problem() -> str:
    """Why Apple's GPU cannot be used, or ""."""
    import torch

    if torch.backends.mps.is_available():
        return ""
    if torch.backends.mps.is_built():
        return "MPS needs macOS 14 or later and a GPU that has Metal"
    return "this build of torch has no MPS, which only Macs with Apple silicon have"


def _first_line(message: Any) -> str:  # noqa: ANN401 - a warning or its text
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    return lines[0].rstrip(".")[:200] if lines else "torch sees no CUDA device here"
