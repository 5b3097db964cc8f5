"""Chat: questions to a language model behind an OpenAI-compatible address."""

from sightline.chat.client import ChatAnswer, ChatClient
from sightline.chat.settings import ChatSettings

__all__ = ["ChatAnswer", "ChatClient", "ChatSettings"]
