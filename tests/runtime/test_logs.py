"""A log line is one line, whatever the values hold."""

import io
import logging
from collections.abc import Iterator

import pytest

from workers.runtime.logs import note

log = logging.getLogger("a test of the log")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    log.addHandler(handler)
    log.setLevel(logging.WARNING)  # whatever level a command has set before in this process
    yield stream
    log.removeHandler(handler)


def test_foreign_text_begins_no_line_and_moves_no_cursor(lines: io.StringIO) -> None:
    note(log, "refused", level=logging.WARNING, reason='a\r\nb\x1b[2J\u2028"c"', chat="telegram:7", title="논문")
    assert lines.getvalue() == "refused reason=\"a  b [2J 'c'\" chat=telegram:7 title=논문\n"
