"""Language models and embedding models at OpenAI-compatible endpoints."""

from workers.llm.client import OpenAiModel
from workers.llm.embeddings import OpenAiEmbeddings
from workers.llm.endpoint import OPENAI_URL, TRIES, ModelEndpoint, model_names
from workers.llm.fallbacks import Fallbacks

__all__ = ["OPENAI_URL", "TRIES", "Fallbacks", "ModelEndpoint", "OpenAiEmbeddings", "OpenAiModel", "model_names"]
