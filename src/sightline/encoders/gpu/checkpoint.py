"""Loads one tower of a transformers checkpoint: its weights alone, in the arithmetic asked for.

A checkpoint is a folder with ``config.json`` and ``*.safetensors``, as ``save_pretrained`` makes
it, or with ``pytorch_model.bin``, as it once did. The towers are transformers' own classes, so
pooling, projection and read-out are theirs too.
"""

from __future__ import annotations

import contextlib
import pickle
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sightline.encoders.files.model_files import CONFIG, ModelFolder
from sightline.encoders.files.torch_weights import checkpoint_weights
from sightline.encoders.gpu.devices import TorchOptions
from sightline.errors import ModelFilesError

if TYPE_CHECKING:
    import torch

taking_turns = threading.RLock()
"""Held while weights are loaded, and while work is handed to a device.

transformers changes torch's default dtype for the whole process while it loads, and Apple's MPS
breaks when two threads hand it work at once. What CUDA computes afterwards needs no turn.
"""


class Half(StrEnum):
    """Which tower of a model; the value is the name of its input."""

    PICTURE = "pixel_values"
    TEXT = "input_ids"


@dataclass(frozen=True, slots=True)
class _Source:
    """The class of transformers that a tower is, and the output that holds its vectors.

    ``part`` is where a CLIP's config has that of the tower.
    """

    class_name: str
    output: str
    part: str = ""


_PICTURES = {
    "clip": _Source("CLIPVisionModelWithProjection", "image_embeds", "vision_config"),
    "siglip": _Source("SiglipVisionModel", "pooler_output"),
    "dinov2": _Source("Dinov2Model", "pooler_output"),
    "dinov2_with_registers": _Source("Dinov2WithRegistersModel", "pooler_output"),
}
_TEXTS = {
    "clip": _Source("CLIPTextModelWithProjection", "text_embeds", "text_config"),
    "siglip": _Source("SiglipTextModel", "pooler_output"),
}


@dataclass(frozen=True, slots=True)
class LoadedTower:
    """A tower with its weights on a device. Called with a tensor, it gives one row for each item.

    Attributes:
        model: transformers' module, in inference mode.
        half: Which tower it is.
        output: The name of the output that holds the vectors.
        dtype: torch's dtype of the weights.
    """

    model: Any
    half: Half
    output: str
    dtype: Any

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        """Return the vectors of a batch on the tower's device, (n, d), as float32."""
        found = getattr(self.model(**{self.half.value: batch}), self.output)
        return found.float()


def has_half(config: Mapping[str, Any], half: Half) -> bool:
    """Return whether a checkpoint with this ``config.json`` has that tower."""
    return config.get("model_type") in (_PICTURES if half is Half.PICTURE else _TEXTS)


def check_architecture(folder: ModelFolder, config: Mapping[str, Any]) -> None:
    """Return if the checkpoint is of a kind that can be run.

    Raises:
        ModelFilesError: it is of another kind.
    """
    kind = config.get("model_type")
    if kind not in _PICTURES:
        raise folder.error(
            f"{CONFIG} says model_type {kind!r}, and torch runs {', '.join(_PICTURES)} here",
            "use a checkpoint of one of these kinds"
            + (" (SigLIP2 of fixed resolution says siglip)" if kind == "siglip2" else ""),
        )
    if (config.get("vision_config") or {}).get("vision_use_head") is False:
        raise folder.error("its picture tower gives no vector of the whole picture")


def load_tower(
    folder: ModelFolder, config: Mapping[str, Any], half: Half, options: TorchOptions
) -> LoadedTower:
    """Return one tower of a checkpoint, on its device and ready to run.

    Of pickled weights only tensors are read: whatever else is in such a file could run code, so
    that it is refused before anything of it runs.

    Raises:
        ModelFilesError: the weights are missing, broken or of another model, hold more than
            tensors, or do not fit in the device's memory.
    """
    weights = checkpoint_weights(folder)
    source = (_PICTURES if half is Half.PICTURE else _TEXTS)[str(config["model_type"])]
    failure: ModelFilesError
    try:
        with taking_turns, quietly():
            return _load(folder, source, half, options, weights)
    except ModelFilesError:
        raise
    except Exception as error:  # the libraries raise a dozen unrelated classes
        failure = _load_failure(folder, options, weights, error)
    raise failure  # out here, where nothing holds half-loaded weights any more


def _load(
    folder: ModelFolder,
    source: _Source,
    half: Half,
    options: TorchOptions,
    weights: tuple[str, ...],
) -> LoadedTower:
    import torch
    import transformers

    dtype = getattr(torch, options.precision)
    model, told = getattr(transformers, source.class_name).from_pretrained(
        folder.path,
        config=_config_of_part(folder, source),
        dtype=dtype,
        attn_implementation="sdpa",
        use_safetensors=weights[0].endswith(".safetensors"),
        weights_only=True,  # what makes torch read tensors and nothing else
        local_files_only=True,
        output_loading_info=True,
    )
    missing = sorted(told["missing_keys"])
    if missing:  # they would be random numbers
        raise folder.error(f"{len(missing)} of its weights are missing, such as {missing[0]}")
    model = model.eval().requires_grad_(False).to(options.torch_device())
    if options.kind == "cuda":
        # Other streams than this one will read the weights.
        torch.cuda.synchronize(options.torch_device())
    return LoadedTower(model, half, source.output, dtype)


def _config_of_part(folder: ModelFolder, source: _Source) -> Any:  # noqa: ANN401
    """The config of one half of a CLIP; None for transformers' own choice, right for all others.

    A CLIP projects both halves to the length that the whole config says. Its halves have a length
    too, which counts for a half that is loaded alone, and some published ones contradict it.
    """
    if not source.part:
        return None
    from transformers import CLIPConfig

    whole = CLIPConfig.from_pretrained(folder.path, local_files_only=True)
    part = getattr(whole, source.part)
    part.projection_dim = whole.projection_dim
    return part


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Load without progress bars, and without transformers' report of the other tower."""
    from transformers.utils import logging

    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    with warnings.catch_warnings():
        # The hub's client warns when its environment variable says that bars are to be shown.
        warnings.filterwarnings("ignore", message=".*HF_HUB_DISABLE_PROGRESS_BARS.*")
        # Some weights are pickled in a newer form than torch's own, which it mentions.
        warnings.filterwarnings("ignore", message="Detected pickle protocol")
        if bars:
            logging.disable_progress_bar()
        logging.set_verbosity_error()
        try:
            yield
        finally:
            logging.set_verbosity(verbosity)
            if bars:
                logging.enable_progress_bar()


def _load_failure(
    folder: ModelFolder, options: TorchOptions, weights: tuple[str, ...], error: Exception
) -> ModelFilesError:
    if is_out_of_memory(error):
        return folder.error(f"{options.device} has no memory for it", "pass --device cpu")
    if isinstance(error, pickle.UnpicklingError):  # torch's own text is how to run it all the same
        return folder.error(
            f"{weights[0]} is damaged, or holds more than weights, which could run code",
            "take a revision of it that has *.safetensors",
        )
    return folder.error(f"its weights cannot be loaded ({first_line(error)})")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of torch says that a device, or the machine, has no memory left."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    # MPS, pinned memory, cuBLAS and the CPU's allocator all say it in their own words.
    said = str(error).lower()
    words = ("out of memory", "can't allocate memory", "cannot allocate memory", "alloc_failed")
    return isinstance(error, RuntimeError) and any(word in said for word in words)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, for a sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0].rstrip(".")[:200]
