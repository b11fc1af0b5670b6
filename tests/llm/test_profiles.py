"""The digest of forty papers is written by the model at every known kind of endpoint."""

import pytest

from tests.fakes.failures import NoBoundary
from tests.fakes.openai import serving
from tests.fakes.openai_profiles import PROFILES
from tests.fakes.papers import edition, ranked_paper
from tests.fakes.writers import honest_anywhere
from workers import config
from workers.digest.write_extractive import Extractive
from workers.digest.write_llm import ModelWriter
from workers.llm import ModelEndpoint, OpenAiModel
from workers.store import Store
from workers.text.data import glossary

SETTINGS = config.load(environment={})
LABELS = ["Robotics", "Computer Vision", "Agents", "Multimodal"]
FORTY = edition(
    [
        ranked_paper(
            n,
            LABELS[(n - 1) // 10],
            title=f"Grip{n}: A Method Called Grip{n}",
            abstract=f"We present Grip{n}, a method. It improves accuracy by {n}.5% on {n}00 tasks. " * 5,
        )
        for n in range(1, 41)
    ]
)


@pytest.mark.parametrize("name", PROFILES)
def test_forty_papers_are_written_by_the_model(name: str, store: Store) -> None:
    plain = Extractive(SETTINGS.closed_list(), glossary(), NoBoundary())
    with serving(honest_anywhere) as endpoint:
        endpoint.profile, most = PROFILES[name]
        model = OpenAiModel(SETTINGS.model, ModelEndpoint("a-model", "sk-x", endpoint.url), store.model_calls)
        writer = ModelWriter(plain, model, glossary(), 60, 4, SETTINGS.model.context_tokens, NoBoundary())
        digest = writer.write(FORTY, "ko")
        assert not [section.category for section in digest.sections if section.extractive]
        assert digest.model.dropped_claims == 0
        # A context that is too small halves sections, which were not refused before they were sent.
        assert len(endpoint.refused) <= most
        model.close()
