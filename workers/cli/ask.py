"""`paperboy ask`: answers one question in this process, from the editions and papers in the store."""

import argparse
import json
from dataclasses import asdict

from workers.answers import pipeline
from workers.bootstrap import answer_services, open_configured_store
from workers.cli.exit_codes import FAILED, OK
from workers.cli.settings import settings_of
from workers.domain.answers import Answer
from workers.domain.chats import ChatRef
from workers.domain.questions import PostedMessage, Question, QuestionRequest
from workers.i18n import digest_catalog_for
from workers.runtime.clock import system_clock


def ask(arguments: argparse.Namespace) -> int:
    """Print the answer and return the exit code; FAILED if no paper was found that the question is about."""
    settings, clock = settings_of(arguments), system_clock()
    language = arguments.lang or settings.digest.language
    with open_configured_store(settings, clock) as store:
        text = f"{arguments.paper} {arguments.question}" if arguments.paper else arguments.question
        posted = PostedMessage(arguments.date, language) if arguments.date else None
        question = Question(0, QuestionRequest(ChatRef("terminal", ""), "", language, text, None, posted), clock.now())
        answer = pipeline.answer(question, [], answer_services(settings, store))
    print(json.dumps(_json(answer), ensure_ascii=False, indent=1) if arguments.json else _text(answer, language))
    return OK if answer.heads else FAILED


def _json(answer: Answer) -> dict[str, object]:
    """`answerable`, the whole `text`, what was `read` of the first paper, and the `sentences` with their citations."""
    text = " ".join(sentence.text for sentence in answer.sentences) or answer.line
    read = answer.heads[0].read if answer.heads else None
    sentences = [asdict(sentence) for sentence in answer.sentences]
    return {"answerable": answer.answerable, "text": text, "read": read, "sentences": sentences}


def _text(answer: Answer, language: str) -> str:
    catalog = digest_catalog_for(language)
    lines = [f"[{head.label}] {head.title}" if head.label else head.title for head in answer.heads]
    lines += [catalog.was_read[answer.heads[0].read]] if answer.heads else [answer.line]
    if answer.heads and answer.extractive:
        lines.append(catalog.closest if answer.answerable else catalog.not_said)
    for sentence in answer.sentences:
        lines.append(f"- {sentence.text}")
        lines += [f"  {cite.section} {cite.url}".rstrip() for cite in sentence.cites]
    lines += [f"- [{label}] {title}" for label, title in answer.choices]
    return "\n".join(lines)
