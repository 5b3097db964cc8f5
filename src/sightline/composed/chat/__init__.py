"""Chat: questions to a language model behind an OpenAI-compatible address."""

from sightline.composed.chat.client import ChatAnswer, ChatClient
from sightline.composed.chat.settings import ChatSettings

__all__ = ["ChatAnswer", "ChatClient", "ChatSettings"]
