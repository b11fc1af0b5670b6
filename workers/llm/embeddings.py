"""Vectors of texts from an OpenAI-compatible endpoint, in batches; each text is paid for once."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import openai

from workers.config import ModelSettings
from workers.domain.completions import Ledger, Meter, Purpose, Usage, estimated_tokens
from workers.domain.errors import ModelDown
from workers.llm.account import Account
from workers.llm.endpoint import ModelEndpoint
from workers.llm.refusals import refusal_of
from workers.llm.transport import ending_at
from workers.llm.wire import MayPass, vectors_of

_BATCH = 32
"""Texts in one request; Gemini takes 100, Text Embeddings Inference 32."""
_MOST_CHARACTERS = 2_000
"""Of one text; small models take 512 tokens, and some refuse longer texts instead of cutting them."""


class OpenAiEmbeddings:
    """See `domain.completions.Embeddings`."""

    def __init__(self, settings: ModelSettings, endpoint: ModelEndpoint, ledger: Ledger) -> None:
        self.name, self._address = endpoint.model, endpoint.address
        self._settings, self._ledger = settings, ledger
        self._account = Account(self.name, settings, ledger)
        self._client = endpoint.client(settings.timeout_s)

    def embed(self, texts: Sequence[str], deadline_s: float, meter: Meter) -> list[Sequence[float]]:
        end = time.monotonic() + deadline_s
        keys = {text: self._key(text) for text in texts}
        known = dict(self._ledger.vectors(list(keys.values())))
        for batch in _batches([text for text, key in keys.items() if key not in known]):
            vectors = self._vectors(batch, end, meter)
            new: dict[str, Sequence[float]] = {keys[text]: each for text, each in zip(batch, vectors, strict=True)}
            self._ledger.keep_vectors(new)
            known |= new
        found = [known[keys[text]] for text in texts]
        if len({len(vector) for vector in found}) > 1:
            # The model behind the name has changed: the stored vectors are another one's.
            self._ledger.discard_vectors(list(keys.values()))
            raise ModelDown("embeddings of different lengths")
        return found

    def close(self) -> None:
        self._client.close()

    def _vectors(self, texts: Sequence[str], end: float, meter: Meter) -> list[list[float]]:
        left_s = end - time.monotonic()
        if left_s <= 0:
            raise ModelDown("no time is left for more embeddings")
        estimate = Usage(1, sum(map(estimated_tokens, texts)))
        with self._account.call(Purpose.EMBED, estimate, meter) as bill:
            try:
                with ending_at(end):
                    received: Any = self._client.embeddings.create(
                        model=self.name,
                        input=[text[:_MOST_CHARACTERS] for text in texts],
                        timeout=min(self._settings.timeout_s, left_s),
                        encoding_format="float",
                    )
            except openai.APIStatusError as error:
                found = refusal_of(error).error()
                raise (ModelDown(str(found)) if isinstance(found, MayPass) else found) from None
            except openai.OpenAIError as error:
                raise ModelDown(f"{type(error).__name__}: no embeddings") from None
            except (ValueError, TypeError, AttributeError, RecursionError):  # from the library, for other bodies
                raise ModelDown("no embeddings") from None
            bill.usage = estimate
            return vectors_of(received, len(texts))

    def _key(self, text: str) -> str:
        return hashlib.sha256(f"{self._address}\0{self.name}\0{text}".encode("utf-8", "replace")).hexdigest()


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _BATCH):
        yield texts[start : start + _BATCH]
