"""A model's sentences that passages support, or the passages themselves."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from workers.answers.draft import (
    ANSWER_TOKENS,
    MOST_SENTENCES,
    REWRITING,
    RULES,
    SHAPE,
    WORDS,
    WORDS_TOKENS,
    DraftSentence,
    ends_with_sentence,
    parsed,
    sentences_in,
    words_in,
)
from workers.answers.extractive import OpenPaper, Vocabulary, cite, cited_papers, extracts
from workers.answers.query import Query, weighted_terms
from workers.answers.retrieve import Found, Index, blended, cosine, tokens, within
from workers.domain.answers import Answer, Sentence
from workers.domain.completions import Embeddings, Meter, Model, Prompt, Purpose, estimated_tokens
from workers.domain.errors import AnswerUnusable, BudgetExceeded, ContextTooLong, ModelError
from workers.domain.passages import Passage
from workers.factcheck.check import COMMON
from workers.factcheck.evidence import common_words, evidence_in, name_faults, number_faults, style_faults
from workers.i18n import digest_catalog_for
from workers.runtime.logs import note
from workers.text.matching import matching_key
from workers.text.model_json import without_reasoning

log = logging.getLogger(__name__)

_QUOTED_WORDS = 3
"""Words that a quote must have, at least."""
_SHARE_OF_TALK = 8
"""The earlier talk may fill one part in so many of the model's context."""
_PARTS = (1.0, 0.5, 0.25)
"""Of the passages that the settings leave room for: how many are sent, then how many to a model that takes fewer."""
_PAPER_LETTERS = "ABCDEFGH"
"""Prefixes of the passages' ids, one letter a paper."""

_MOST_WORDS = 12
"""English search words taken from a rewritten question, at most."""
_REWRITING_S = 10.0
"""Seconds that the model may take to rewrite a question."""
_EMBEDDING_SHARE_OF_TIME = 0.4
"""Share of the time for an answer that embeddings may take; those that come are stored for the next question."""


@dataclass(frozen=True, slots=True)
class _SentPassage:
    """A passage that was sent to the model, and its paper."""

    paper: OpenPaper
    passage: Passage


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers with a model; where it fails or nothing it wrote is supported, the extracts are the answer."""

    model: Model
    vocabulary: Vocabulary
    context_tokens: int
    deadline_s: float
    embeddings: Embeddings | None = None
    now: Callable[[], float] = time.monotonic

    def answer(
        self,
        query: Query,
        papers: Sequence[OpenPaper],
        exchanges: Sequence[str] = (),
        on_progress: Callable[[Answer], None] | None = None,
    ) -> Answer:
        """The model's sentences that passages support, else the extracts of the papers.

        `exchanges` are the earlier questions and answers of the conversation, oldest first. `on_progress` gets the
        answer so far after each supported sentence; a sentence that it got is in the final answer too.
        """
        reply = _Reply(self, query, papers, on_progress)
        end, meter, line = self.now() + self.deadline_s, Meter(), ""
        talk = _latest(exchanges, self.context_tokens // _SHARE_OF_TALK)
        frame = RULES + _material(query, {}, talk)
        budget = self.context_tokens - estimated_tokens(frame) - min(ANSWER_TOKENS, self.context_tokens // 4)
        try:
            for part in _PARTS:
                reply.begin(self._passages(query, papers, int(budget * part), end, meter))
                material = _material(query, reply.sent, talk)
                prompt = Prompt(Purpose.ANSWER, RULES, material, "answer", SHAPE, ANSWER_TOKENS)
                with suppress(ContextTooLong):  # the model's context is smaller than the settings say
                    on_text = reply.on_text if on_progress else None
                    self.model.complete(prompt, reply.read, end - self.now(), meter, on_text)
                    break
        except BudgetExceeded:
            line = digest_catalog_for(query.language).budget_spent
        except ModelError as error:
            note(log, "answer without the model", level=logging.WARNING, error=error)
        if reply.kept:
            return Answer(True, cited_papers(papers), tuple(reply.kept), extractive=False)
        # Also where the model says that there is no answer: weak models say so of passages that have it.
        closest = extracts(query, papers, self.vocabulary)
        return replace(closest, line=line) if line else closest

    def _passages(
        self, query: Query, papers: Sequence[OpenPaper], budget: int, end: float, meter: Meter
    ) -> dict[str, _SentPassage]:
        """Id → passage: all passages where they fit `budget`, else the best of each paper, in the paper's order."""
        if sum(tokens(passage) for paper in papers for passage in paper.text.passages) <= budget:
            chosen = [list(paper.text.passages) for paper in papers]
        else:
            english, share = self._in_english(query.text, end, meter), budget // max(1, len(papers))
            found = [Index(paper.text.passages).search({**english, **paper.search_terms(query)}) for paper in papers]
            chosen = [within(self._blended(query.text, each, end, meter), share) for each in found]
        return {
            f"{letter}{passage.n}": _SentPassage(paper, passage)
            for letter, paper, passages in zip(_PAPER_LETTERS, papers, chosen, strict=False)
            for passage in passages
        }

    def _in_english(self, question: str, end: float, meter: Meter) -> Mapping[str, float]:
        """The model's English search terms for a question that is not ASCII; empty where it gives none."""
        if question.isascii():
            return {}
        material = json.dumps({"question": question})
        prompt = Prompt(Purpose.REWRITE, REWRITING, material, "words", WORDS, WORDS_TOKENS)
        try:
            words = self.model.complete(prompt, words_in, min(_REWRITING_S, end - self.now()), meter)
        except ModelError:
            return {}
        return weighted_terms(" ".join(words[:_MOST_WORDS]), {})

    def _blended(self, question: str, found: Sequence[Found], end: float, meter: Meter) -> Sequence[Found]:
        """The passages ranked by BM25 and embedding together, where an embedding model is set and answers."""
        if self.embeddings is None or not found:
            return found
        texts = [question, *(f"{each.passage.section} {each.passage.text}" for each in found)]
        try:
            vectors = self.embeddings.embed(texts, _EMBEDDING_SHARE_OF_TIME * (end - self.now()), meter)
        except ModelError as error:
            note(log, "passages without embeddings", level=logging.WARNING, error=error)
            return found
        return blended(found, [cosine(vectors[0], vector) for vector in vectors[1:]])


@dataclass
class _Reply:
    """The sentences of an answer that are kept, while it is written and when it is whole."""

    answerer: Answerer
    query: Query
    papers: Sequence[OpenPaper]
    on_progress: Callable[[Answer], None] | None
    kept: list[Sentence] = field(default_factory=list)
    sent: Mapping[str, _SentPassage] = field(default_factory=dict)
    _seen: int = 0
    _read: int = 0

    def begin(self, sent: Mapping[str, _SentPassage]) -> None:
        """Begin with an answer to a prompt with these passages, by their ids."""
        self.sent, self._seen, self._read = sent, 0, 0

    def on_text(self, text: str) -> None:
        """Keep the sentences that are whole in the beginning of an answer, and show them."""
        if "}" not in text[self._read :]:
            return  # no sentence has ended since
        self._read = len(text)
        if not without_reasoning(text).lstrip().startswith(("{", "```")):
            return  # prose may turn out to be thought, and what it contains a draft
        drafts = sentences_in(text, is_whole=False)
        if self._keep(drafts if ends_with_sentence(text, drafts) else drafts[:-1]) and self.on_progress:
            self.on_progress(Answer(True, cited_papers(self.papers), tuple(self.kept), extractive=False))

    def read(self, text: str) -> None:
        """Keep the sentences of a whole answer. Raises AnswerUnusable if none is kept of one that has some."""
        draft, self._seen = parsed(text), 0
        self._keep(sentences_in(text))
        if not self.kept and (draft is None or draft.answerable):
            raise AnswerUnusable("nothing in the model's answer is supported")

    def _keep(self, drafts: Sequence[DraftSentence]) -> bool:
        """Check the drafts that were not seen yet; returns whether one of them is kept."""
        checked = [self._checked(draft) for draft in drafts[self._seen : MOST_SENTENCES]]
        self._seen = max(self._seen, len(drafts))
        known = {sentence.text for sentence in self.kept}
        self.kept.extend(sentence for sentence in checked if sentence and sentence.text not in known)
        return any(checked)

    def _checked(self, draft: DraftSentence) -> Sentence | None:
        """The sentence with its citations; None where its quote, a number or a name is not in the passages it cites."""
        cited = [self.sent[each] for each in dict.fromkeys(draft.cites) if each in self.sent]
        if not cited or len(cited) < len(set(draft.cites)) or not draft.text.strip():
            return None
        language = self.query.language
        texts = tuple(_plain(f"{each.passage.section} {each.passage.text}") for each in cited)
        quote = _plain(draft.quote).strip(" .…\"'“”")
        if len(quote.split()) < _QUOTED_WORDS or not any(_contains(text, quote) for text in texts):
            return None
        evidence = evidence_in(texts)
        titles = " ".join(each.paper.paper.title for each in cited)
        faults = [
            *number_faults(draft.text, evidence, [len(cited)]),
            *name_faults(draft.text, evidence, common_words(self.answerer.vocabulary.glossary, COMMON), language),
            *style_faults(draft.text, language, titles),
        ]
        if faults:
            return None
        quoted = next(n for n, text in enumerate(texts) if _contains(text, quote))
        cites = [cite(each.paper, each.passage, quote if n == quoted else "") for n, each in enumerate(cited)]
        return Sentence(draft.text, tuple(cites))


def _contains(text: str, quote: str) -> bool:
    return matching_key(quote) in matching_key(text)


def _latest(exchanges: Sequence[str], most_tokens: int) -> list[str]:
    """The latest exchanges that have at most `most_tokens` together, oldest first."""
    kept: list[str] = []
    for exchange in reversed(exchanges):
        most_tokens -= estimated_tokens(exchange)
        if most_tokens < 0:
            break
        kept.insert(0, exchange)
    return kept


def _material(query: Query, sent: Mapping[str, _SentPassage], exchanges: Sequence[str]) -> str:
    """Everything untrusted as one JSON document, so that no text in it can end the document."""
    document = {
        "language": query.language,
        "papers": {name[0]: each.paper.paper.title for name, each in sent.items()},
        "passages": [
            {"id": name, "paper": name[0], "section": each.passage.section, "text": each.passage.text}
            for name, each in sent.items()
        ],
        "talk": list(exchanges),
        "question": query.text,
    }
    return json.dumps(document, ensure_ascii=False)


def _plain(text: str) -> str:
    """The text with straight quotation marks and single spaces, so that quotes can be compared."""
    return " ".join(text.replace("“", '"').replace("”", '"').replace("’", "'").split())
