"""The ranking of passages, also of those in which no English word is."""

import pytest

from workers.answers.retrieve import Index
from workers.domain.passages import Passage

KOREAN = "새로운 언어 모델을 공개합니다."


@pytest.mark.parametrize("text", [KOREAN, "我们发布了新一代大语言模型。", "— … ½", ""])
def test_passages_without_an_english_word_are_ranked_in_their_order(text: str) -> None:
    passages = (Passage(1, "", text), Passage(2, "", text))
    found = Index(passages).search({"model": 1.0})
    assert [(each.passage.n, each.score) for each in found] == [(1, 0.0), (2, 0.0)]
    assert Index(passages).coverage({"model": 1.0}, {}) == 0.0


def test_a_passage_with_the_word_comes_before_one_without_any() -> None:
    found = Index((Passage(1, "", KOREAN), Passage(2, "", "A language model."))).search({"model": 1.0})
    assert [each.passage.n for each in found] == [2, 1]
    assert found[0].score > 0 == found[1].score
