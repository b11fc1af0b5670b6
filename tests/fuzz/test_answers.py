"""Whatever chance makes of a model's answer: no exception passes the border, and nothing unsupported is published."""

from tests.fuzz.answers import Reading


def test_nothing_unsupported_is_read_in_mutated_answers() -> None:
    reading, sentences = Reading(), 0
    for number in range(500):
        for each in reading.published(number):
            sentences += 1
            assert each.unsupported() == [], f"{number}: {each.text}"
    assert sentences > 500
