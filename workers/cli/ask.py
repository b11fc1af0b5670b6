"""`paperboy ask`: one question answered here and now, from the editions and papers in the store."""

import argparse
import json
from dataclasses import asdict

from workers.answers import pipeline
from workers.bootstrap import answer_services, open_configured_store
from workers.cli.exit_codes import FAILED, OK
from workers.cli.settings import settings_of
from workers.domain.answers import Answer
from workers.domain.questions import PostedMessage, Question, QuestionRequest
from workers.i18n.lines import digest_catalog_for
from workers.runtime.clock import system_clock


def ask(arguments: argparse.Namespace) -> int:
    """Print the answer; 1 where no paper was found that is meant."""
    settings, clock = settings_of(arguments), system_clock()
    language = arguments.lang or settings.digest.language
    with open_configured_store(settings, clock) as store:
        words = f"{arguments.paper} {arguments.question}" if arguments.paper else arguments.question
        post = PostedMessage(arguments.date, language) if arguments.date else None
        question = Question(0, QuestionRequest("terminal", "", "", "", language, words, None, post), clock.now())
        given = pipeline.answer(question, [], answer_services(settings, store))
    print(json.dumps(shown(given), ensure_ascii=False, indent=1) if arguments.json else _lines(given, language))
    return OK if given.heads else FAILED


def shown(given: Answer) -> dict[str, object]:
    """The answer as JSON: answerable, text, read, and the sentences with the places they rest on."""
    text = " ".join(sentence.text for sentence in given.sentences) or given.line
    read = given.heads[0].read if given.heads else None
    sentences = [asdict(sentence) for sentence in given.sentences]
    return {"answerable": given.answerable, "text": text, "read": read, "sentences": sentences}


def _lines(given: Answer, language: str) -> str:
    words = digest_catalog_for(language)
    lines = [f"[{head.label}] {head.title}" if head.label else head.title for head in given.heads]
    lines += [words.was_read[given.heads[0].read]] if given.heads else [given.line]
    if given.heads and given.extractive:
        lines.append(words.closest if given.answerable else words.not_said)
    for sentence in given.sentences:
        lines.append(f"- {sentence.text}")
        lines += [f"  {cite.section} {cite.url}".rstrip() for cite in sentence.cites]
    lines += [f"- [{label}] {title}" for label, title in given.choices]
    return "\n".join(lines)
