"""Tokenising: stems in order, and syllable pairs of Korean words."""

from workers.text.tokenize import bigrams, has_hangul, terms


def test_terms_are_stems_in_order_without_stop_words_and_single_letters() -> None:
    assert terms("The robots of a GPT-4 model were trained, x") == ["robot", "gpt", "model", "were", "train"]


def test_bigrams_are_pairs_of_syllables_and_then_the_terms() -> None:
    assert bigrams("로봇팔 GripNet을 잡은 손") == ["로봇", "봇팔", "을", "잡은", "손", "gripnet"]


def test_hangul_is_recognised_among_other_letters() -> None:
    assert has_hangul("GripNet은")
    assert not has_hangul("GripNet")
