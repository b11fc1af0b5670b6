"""Foreign characters: what stays of them is short, in one form, and cleaned in little time."""

import unicodedata
from time import process_time

import pytest
from hypothesis import given

from tests import strategies
from workers.text.clean import fold


@pytest.mark.parametrize(
    "marks",
    ["\u0335" * 100_000, "\u0335\u0316" * 50_000, "\u0335\u200b\u0316" * 50_000, "\u0f73\u0335" * 50_000],
    ids=["one mark", "two in the wrong order", "with invisible characters between them", "of Tibetan"],
)
def test_marks_piled_on_a_letter_cost_no_time(marks: str) -> None:
    started = process_time()
    folded = fold(f"Z{marks}algo")
    assert process_time() - started < 1
    assert folded.startswith("Z")
    assert folded.endswith("algo")
    assert len(folded) < 100


@pytest.mark.parametrize("text", ["Nguyễn Thị Ánh", "ที่นี่", "क्षत्रिय", "שָׁלוֹם", "👩\u200d🔬️" * 40, "─" * 400, "…" * 99])
def test_marks_of_languages_and_signs_in_a_row_stay(text: str) -> None:
    assert fold(text) == unicodedata.normalize("NFC", text)


@given(strategies.texts())
def test_clean_text_is_clean(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert not [each for each in folded if unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"}]
    folded.encode()
