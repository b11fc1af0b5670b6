"""What known endpoints and models refuse of a chat completion, with their words.

A profile maps a request's body to None, or to the status and the body of the refusal.
"""

from collections.abc import Callable, Mapping
from typing import Any

Refusal = tuple[int, dict[str, Any]]
Profile = Callable[[Mapping[str, Any]], Refusal | None]


def _openai_error(status: int, message: str, param: str | None = None, code: str | None = None) -> Refusal:
    return status, {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def openai_reasoning(body: Mapping[str, Any]) -> Refusal | None:
    """OpenAI's gpt-5 family and o-series."""
    if "max_tokens" in body:
        return _openai_error(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'"
            " instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    if body.get("temperature", 1) != 1:
        return _openai_error(
            400,
            f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. Only the default"
            " (1) value is supported.",
            "temperature",
            "unsupported_value",
        )
    return None


def azure_old(body: Mapping[str, Any]) -> Refusal | None:
    """Azure with an older API version."""
    if "stream_options" in body:
        return _openai_error(400, "Unrecognized request argument supplied: stream_options")
    if "max_completion_tokens" in body:
        return _openai_error(400, "Unrecognized request argument supplied: max_completion_tokens")
    if body.get("response_format", {}).get("type") == "json_schema":
        message = "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"
        return _openai_error(400, message)
    return None


def vllm_gemma(body: Mapping[str, Any]) -> Refusal | None:
    """Gemma on vLLM: its chat template knows no system role."""
    if body["messages"][0]["role"] == "system":
        message = "System role not supported"
        return 400, {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": 400}
    return None


def gemma_elsewhere(body: Mapping[str, Any]) -> Refusal | None:
    """The same template behind a server that answers 500."""
    if body["messages"][0]["role"] == "system":
        return 500, {
            "error": {"code": 500, "message": "Jinja error: System role not supported", "type": "server_error"}
        }
    return None


def fireworks(body: Mapping[str, Any]) -> Refusal | None:
    for name in ("stream_options", "max_completion_tokens"):
        if name in body:
            message = f"Extra inputs are not permitted, field: '{name}', value: {body[name]!r}"
            return 400, {"error": {"object": "error", "type": "invalid_request_error", "message": message}}
    return None


def mistral(body: Mapping[str, Any]) -> Refusal | None:
    """FastAPI's form of an error, without an `error`."""
    for name in ("stream_options", "max_completion_tokens"):
        if name in body:
            detail = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
            return 422, {"detail": [detail]}
    return None


def llama_cpp(body: Mapping[str, Any]) -> Refusal | None:
    """A llama.cpp server that cannot make a grammar of the schema."""
    if body.get("response_format", {}).get("type") == "json_schema":
        return 500, {"error": {"code": 500, "message": "failed to parse grammar", "type": "server_error"}}
    return None


def gemini(body: Mapping[str, Any]) -> Refusal | None:
    """Takes schemas, but not all their keywords."""
    if "additionalProperties" in str(body.get("response_format")):
        where = "'generation_config.response_schema'"
        message = f'Invalid JSON payload received. Unknown name "additionalProperties" at {where}'
        return 400, [{"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}]  # type: ignore[return-value]  # Gemini's error is in a list
    return None


def deepseek(body: Mapping[str, Any]) -> Refusal | None:
    if body.get("response_format", {}).get("type") == "json_schema":
        return _openai_error(400, "This response_format type is unavailable now", None, "invalid_request_error")
    return None


def groq(body: Mapping[str, Any]) -> Refusal | None:
    if body.get("response_format", {}).get("type") == "json_schema":
        message = "This model does not support response format `json_schema`. See supported models."
        return _openai_error(400, message, "response_format")
    if _limit(body) > 2_048:
        return _openai_error(
            400, "`max_completion_tokens` must be less than or equal to `2048`", "max_completion_tokens"
        )
    return None


def no_bounds(body: Mapping[str, Any]) -> Refusal | None:
    """Structured outputs of Azure with an older model."""
    if "maxItems" in str(body.get("response_format")):
        message = (
            "Invalid schema for response_format 'digest': In context=('properties', 'sections'), 'maxItems' is not"
            " permitted."
        )
        return _openai_error(400, message, "response_format", "invalid_json_schema")
    return None


def not_verified(body: Mapping[str, Any]) -> Refusal | None:
    """OpenAI, for an organisation that has not shown who it is."""
    if body.get("stream"):
        message = "Your organization must be verified to stream this model. Please go to: Verify Organization."
        return _openai_error(400, message, "stream", "unsupported_value")
    return openai_reasoning(body)


def openrouter(body: Mapping[str, Any]) -> Refusal | None:
    """A model whose provider has no structured outputs."""
    if "response_format" in body:
        return 404, {"error": {"message": "No endpoints found that support response_format", "code": 404}}
    return None


def old_python(body: Mapping[str, Any]) -> Refusal | None:
    """A server that says no word about what it dislikes, which is everything new."""
    if body.keys() & {"stream_options", "max_completion_tokens", "response_format"}:
        return 422, {"error": "Unprocessable Entity"}
    return None


def vllm_small(body: Mapping[str, Any]) -> Refusal | None:
    """vLLM with a context of 4,096 tokens."""
    asked = _limit(body)
    sent = sum(len(message["content"]) for message in body["messages"]) // 3
    if asked + sent > 4_096:
        message = (
            f"This model's maximum context length is 4096 tokens. However, you requested {asked + sent} tokens"
            f" ({sent} in the messages, {asked} in the completion). Please reduce the length of the messages."
        )
        return 400, {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": 400}
    return None


def anything(_body: Mapping[str, Any]) -> Refusal | None:
    """Ollama, LM Studio and others, which ignore what they do not know."""
    return None


PROFILES: Mapping[str, tuple[Profile, int]] = {
    "OpenAI gpt-5 and o-series": (openai_reasoning, 0),
    "Azure, an old version": (azure_old, 3),
    "vLLM with Gemma": (vllm_gemma, 1),
    "Gemma elsewhere": (gemma_elsewhere, 1),
    "Fireworks": (fireworks, 2),
    "Mistral": (mistral, 2),
    "llama.cpp": (llama_cpp, 1),
    "Gemini": (gemini, 1),
    "DeepSeek": (deepseek, 1),
    "Groq": (groq, 2),
    "OpenRouter": (openrouter, 1),
    "Azure, an older model": (no_bounds, 1),
    "OpenAI, not verified": (not_verified, 1),
    "without a word": (old_python, 5),
    "vLLM with a small context": (vllm_small, 1),
    "Ollama, LM Studio": (anything, 0),
}
"""Name → the profile, and how many calls it refuses at most before one is answered."""


def _limit(body: Mapping[str, Any]) -> int:
    return int(body.get("max_completion_tokens") or body.get("max_tokens") or 0)
