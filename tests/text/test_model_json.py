"""Answers of models as they come: what is whole is read, what is a draft or garbled is not."""

import json
import random
import time
from typing import Any

import pytest

from workers.text.model_json import items, json_values, without_reasoning

SECTIONS = '{"sections": [{"section": 0, "text": "하나"}, {"section": 1, "text": "둘"}]}'
BOTH = [{"section": 0, "text": "하나"}, {"section": 1, "text": "둘"}]


@pytest.mark.parametrize(
    "answer",
    [
        SECTIONS,
        f"```json\n{SECTIONS}\n```",
        f"물론입니다! {{요청하신}} 결과는 다음과 같습니다.\n{SECTIONS}\n이 밖에 {{궁금한 점}}이 있으면 말씀해 주세요.",
        f"<think>먼저 {SECTIONS.replace('하나', '초안')}를 써 보자.</think>\n{SECTIONS}",
        f'<think>He said "yes</think>{SECTIONS}',
        f"<THINK>a</THINK><thinking>b</thinking>{SECTIONS}",
        f"{SECTIONS.replace('하나', '초안')} or rather: </think> {SECTIONS}",
        *(
            f'{begin}{SECTIONS.replace("하나", "초안")} 5" wide, no.{end}{SECTIONS}'
            for begin, end in [
                ("[THINK]", "[/THINK]"),
                ("◁think▷", "◁/think▷"),
                ("<seed:think>", "</seed:think>"),
                ("<|START_THINKING|>", "<|END_THINKING|>"),
                ("<|begin_of_thought|>", "<|end_of_thought|>"),
                ("<think >", "</think >"),
                ('<details type="reasoning" done="true">', "</details>"),
                ("<scratchpad>", "</scratchpad>"),
                (
                    "<|channel|>analysis<|message|>",
                    "<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>",
                ),
                ("", "</think>"),
                ("", "Wait, wrong:\n"),
            ]
        ),
        f"Well. <think>{SECTIONS.replace('하나', '초안')}</think>{SECTIONS}",
        SECTIONS.replace("}]}", "},],}"),
        SECTIONS.replace('"sections"', '/* as asked */ "sections"').replace("}, {", "}, // the second\n {"),
        '{"sections": {"0": {"section": 0, "text": "하나"}, "1": {"section": 1, "text": "둘"}}}',
        '[{"section": 0, "text": "하나"}, {"section": 1, "text": "둘"}]',
        f'{{"digest": {SECTIONS}}}',
        f"{{'properties': {SECTIONS}}}",
        '{"Sections": [{"section": 0, "text": "하나"}, {"section": 1, "text": "둘"}]}',
        json.dumps({"sections": json.dumps(BOTH)}),
        json.dumps({"name": "answer", "arguments": {"sections": BOTH}}),
        f"<think>{'long ' * 40_000}</think>{SECTIONS}",
        '{"section": 0, "text": "하나"}\n{"section": 1, "text": "둘"}',
        '{"sections": [{"section": 0, "text": "하나"}, {"section": 1, "text": "둘"}, {"section": 2, "text": "셋이',
    ],
)
def test_sections_are_read_however_they_are_wrapped(answer: str) -> None:
    assert [each for each in items(answer, "sections") if "text" in each] == BOTH


@pytest.mark.parametrize(
    ("flawed", "kept"),
    [
        (SECTIONS.replace("하나", 'a "quoted" word'), 2),
        (SECTIONS.replace('"section": 0,', '"section": 0'), 2),
        (SECTIONS.replace('"text": "하나"', 'text: "하나"'), 2),
        (SECTIONS.replace('"하나"', "'하나'"), 2),
        (SECTIONS.replace("}, {", "} {"), 2),
        (SECTIONS.replace("0", "zero"), 2),
        (SECTIONS.replace('{"section": 0', '{"section": [0'), 1),
        (SECTIONS.replace("하나", "둘이다").replace('[{"', '[[[{"'), 2),
    ],
)
def test_a_flaw_costs_its_item_at_most(flawed: str, kept: int) -> None:
    def texts(value: object) -> list[str]:
        if isinstance(value, list):
            return [text for each in value for text in texts(each)]
        return [str(value["text"])] if isinstance(value, dict) and "text" in value else []

    found = texts(items(flawed, "sections"))
    assert len(found) >= kept
    assert found[-1] == "둘"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I am sorry, but I cannot do that.",
        "{not json}",
        '{"sections": [',
        f"<think>{SECTIONS}",
        "null",
        "3",
        "{" * 9000,
        "[" * 90000,
        '{"a":' * 20000,
        '"sections" {',
        "\\",
        '"\\',
        "{\\\\}",
        "\x00{\x00",
    ],
)
def test_where_nothing_is_whole_nothing_is_read(answer: str) -> None:
    assert not [each for each in items(answer, "sections") if isinstance(each, dict) and "text" in each]


def test_a_mapping_instead_of_a_list_gives_its_keys_as_numbers() -> None:
    assert items('{"sections": {"3": {"text": "a"}}}', "sections", "section") == [{"section": "3", "text": "a"}]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"37\% of tasks", r"37\% of tasks"),
        (r"2.5\times faster", r"2.5\times faster"),
        (r"\beta and \frac{1}{2}, \rho, \tau", r"\beta and \frac{1}{2}, \rho, \tau"),
        (r"\alpha, \underline{x}, \(x\), a\_b", r"\alpha, \underline{x}, \(x\), a\_b"),
        (r"\nu, \nabla f and \neq", r"\nu, \nabla f and \neq"),
        (r"first\nsecond\n그다음\tTab", "first\nsecond\n그다음\tTab"),
        (r"2.5\\times and \"quoted\" and \u00e9\u2013", '2.5\\times and "quoted" and é–'),
        ("raw\nnewline and \x07 bell", "raw newline and   bell"),
        (r"it\'s", "it's"),
        (
            "see https://arxiv.org/abs/1 // not a comment, [1,], {2,}",
            "see https://arxiv.org/abs/1 // not a comment, [1,], {2,}",
        ),
        ("the <think> token, and </think>", "the <think> token, and </think>"),
    ],
)
def test_strings_keep_what_was_meant(written: str, text: str) -> None:
    assert json_values(f'{{"text": "{written}"}}') == [{"text": text}]


def test_a_number_of_thousands_of_digits_costs_its_value_alone() -> None:
    number = "9" * 5_000
    assert json_values(f'[{{"a": {number}}}, {{"b": 1}}]')[0][-1] == {"b": 1}


def test_a_number_that_is_cut_off_is_left_out() -> None:
    assert json_values('{"text": "x", "papers": [3, 12') == [{"text": "x", "papers": [3]}]


def test_thought_without_an_end_is_no_answer_while_it_streams() -> None:
    answer = f"<think>draft {SECTIONS}</think>{SECTIONS}"
    for end in range(len(answer)):
        shown = without_reasoning(answer[:end])
        assert "draft" not in shown.removeprefix(answer[:end] if end < 7 else "")


def _mutated(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    piece = chance.choice(
        ['"', "{", "}", "[", "]", ",", "\\", "\x00", "null", "<think>", "</think>", "//", "1e999", "\ud800"]
    )
    return chance.choice([text[:at], text[:at] + piece + text[at:], text[:at] + text[at + chance.randint(1, 9) :]])


def test_a_mutated_answer_gives_values_and_no_exception() -> None:
    chance = random.Random(14)  # noqa: S311 - no secret
    read = 0
    for _ in range(500):
        answer = SECTIONS
        for _ in range(chance.randint(1, 4)):
            answer = _mutated(answer or " ", chance)
        values: list[Any] = items(answer, "sections")
        read += len(values)
    assert read > 300, "most mutations leave something whole"


@pytest.mark.parametrize(
    "unit", ['{"', "{[", '"a" {"b', '{"a": "x"y" ', "[", '{"text": "it is "so" good", ', "<think>", "\\"]
)
def test_reading_an_answer_ends_soon(unit: str) -> None:
    text = '{"' + unit * (80_000 // len(unit))
    begun = time.process_time()
    json_values(text)
    json_values(text[:11_000])
    assert time.process_time() - begun < 8, "seconds of the processor, ten times what it takes"
