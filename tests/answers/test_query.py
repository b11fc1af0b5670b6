"""Queries: the weighted search terms of a question in Korean or English."""

from workers.answers.query import query_of, weighted_terms

KOREAN = {"강화 학습": "reinforcement learning", "학습": "training", "성공률": "success rate"}


def test_english_words_are_stemmed_and_stop_words_left_out() -> None:
    assert weighted_terms("How does the training of robots train robots?", {}) == {"train": 2.0, "robot": 2.0}


def test_a_korean_term_weighs_one_shared_by_its_english_words() -> None:
    assert weighted_terms("성공률은?", KOREAN) == {"success": 0.5, "rate": 0.5}


def test_the_longest_korean_term_wins_with_or_without_its_spaces() -> None:
    for text in ("강화 학습은 무엇인가요?", "강화학습은 무엇인가요?"):
        assert weighted_terms(text, KOREAN) == {"reinforc": 0.5, "learn": 0.5}


def test_a_query_keeps_the_question_and_its_language() -> None:
    query = query_of("쿄쿄쿄?", "ko", KOREAN)
    assert (query.text, query.language, query.terms) == ("쿄쿄쿄?", "ko", {})
