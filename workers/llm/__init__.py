"""A language model at an OpenAI-compatible endpoint."""

from workers.llm.client import OPENAI_URL, ModelEndpoint, OpenAiModel

__all__ = ["OPENAI_URL", "ModelEndpoint", "OpenAiModel"]
