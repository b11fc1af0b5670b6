"""The ranking of passages, also of those in which no English word is."""

import pytest

from workers.answers.retrieve import EMBEDDING_SHARE, Found, Index, blended
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


def test_similarities_that_lie_close_together_still_decide_between_equal_passages() -> None:
    one, other = Passage(1, "", KOREAN), Passage(2, "", KOREAN)
    ranked = blended([Found(one, 0.0), Found(other, 0.0)], [0.70, 0.76])
    assert [(each.passage.n, each.score) for each in ranked] == [(2, EMBEDDING_SHARE), (1, 0.0)]


def test_a_passage_that_is_best_by_words_and_by_meaning_scores_one() -> None:
    found = [Found(Passage(n, "", KOREAN), score) for n, score in ((1, 8.0), (2, 6.0), (3, 0.0))]
    ranked = blended(found, [0.9, 0.1, 0.5])
    assert ranked[0] == Found(found[0].passage, 1.0)
    assert [each.passage.n for each in blended(found, [0.9, 0.1, 0.5], share=0.0)] == [1, 2, 3]
    assert [each.passage.n for each in blended(found, [0.9, 0.1, 0.5], share=1.0)] == [1, 3, 2]


def test_where_neither_words_nor_meanings_differ_the_order_is_kept() -> None:
    found = [Found(Passage(n, "", KOREAN), 0.0) for n in (2, 1)]
    assert [each.passage.n for each in blended(found, [0.5, 0.5])] == [2, 1]
