"""The captioner that asks a vision-capable chat model. The picture itself is sent to it."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sightline.composed.chat import ChatClient, ChatSettings
from sightline.errors import ServiceAnswerError
from sightline.types.composition import Caption

if TYPE_CHECKING:
    from PIL import Image

_VERSION = 1
_LONGEST_PX = 512
_LONGEST_CAPTION = 500
_MARKUP = re.compile(r"[<>\x00-\x1f\x7f]")
_TASK = (
    "Describe this picture in one plain English sentence for a picture search: what is shown, its "
    "colours, where, and when. Answer with the sentence only."
)


class ChatCaptioner:
    """Has a chat model describe pictures. They leave the machine, unless the model runs on it.

    Args:
        settings: Where the model is.

    Raises:
        MissingPackageError: ``openai`` is not installed.
    """

    name = "chat"

    def __init__(self, settings: ChatSettings) -> None:
        self._chat = ChatClient(settings)

    @property
    def identity(self) -> str:
        """Address, model and prompt; never the key."""
        settings = self._chat.settings
        return f"chat {_VERSION}, {settings.url}, {settings.model}"

    def caption(self, images: Sequence[Image.Image], *, within_s: float) -> list[Caption]:
        """Return one sentence for each picture.

        Raises:
            ServiceUnreachableError: the model does not answer in time.
            ServiceRefusedError: it does not want to; perhaps it cannot see.
            ServiceAnswerError: it answers with something else than a sentence.
        """
        deadline_s = time.monotonic() + within_s
        return [self._caption(image, deadline_s - time.monotonic()) for image in images]

    def _caption(self, image: Image.Image, within_s: float) -> Caption:
        answer = self._chat.ask([_message(image)], within_s=within_s)
        text = " ".join(answer.text.split()).strip('" ')
        if not text or len(text) > _LONGEST_CAPTION or _MARKUP.search(text):
            raise ServiceAnswerError(self._chat.settings.url, "it is no plain sentence")
        return Caption(text, answer.cost)


def _message(image: Image.Image) -> dict[str, Any]:
    small = image.convert("RGB")
    small.thumbnail((_LONGEST_PX, _LONGEST_PX))
    content = io.BytesIO()
    small.save(content, "JPEG", quality=85)
    encoded = base64.b64encode(content.getvalue()).decode("ascii")
    return {
        "role": "user",
        "content": [
            {"type": "text", "text": _TASK},
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{encoded}"}},
        ],
    }
