"""Renders blocks as terminal text in Rich's markup; every text from papers is escaped."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.markup import escape

from bot.presentation.outline import SCREEN, Kind, Line, Role, Run, outline
from bot.presentation.sanitize import sanitize
from workers.domain.blocks import Bar, Block, ChoiceBlock
from workers.domain.deliveries import Message

_LONGEST_BAR = 30
"""Columns of the longest bar: names, bar and count fit into 60."""
_LONGEST = 2000
"""Characters of one untrusted text."""
_INDENT = " " * 5
"""Of the rows below a numbered title."""
_STYLES = {
    Role.PLAIN: "{}",
    Role.DOT: "{}",
    Role.BOLD: "[bold]{}[/bold]",
    Role.NUMBER: "[yellow]{:>2}[/yellow]",
    Role.LABEL: "[yellow]{}[/yellow]",
    Role.TITLE: "[bold]{}[/bold]",
    Role.QUOTE: "[italic]“{}”[/italic]",
    Role.EXCERPT: "[bold]“{}”[/bold]",
    Role.CITED: "[yellow]{}[/yellow]",
    Role.PLACE: "[dim]{}[/dim]",
    Role.ASIDE: "[dim]{}[/dim]",
}


def render(blocks: Sequence[Block], language: str) -> list[Message]:
    """One message per block, in order."""
    return [_message(block, outline(block, language, SCREEN)) for block in blocks]


def _message(block: Block, lines: Sequence[Line]) -> Message:
    if isinstance(block, ChoiceBlock):
        return Message("\n".join(f"[dim]{_plain(f'{choice.label}: {choice.line}')}[/dim]" for choice in block.choices))
    return Message("\n".join(_rows(lines)), tuple(n for line in lines for n in line.papers))


def _rows(lines: Sequence[Line]) -> Iterator[str]:
    """The rows of all lines; a list is in the row of its heading."""
    heading = ""
    for line in lines:
        match line.kind:
            case Kind.FIELD:
                heading = _row(line.rows[0])
                continue
            case Kind.LIST:
                yield f"{heading}  {_row(line.rows[0])}"
                heading = ""
                continue
        if heading:
            yield heading
            heading = ""
        yield from _rows_of(line)


def _rows_of(line: Line) -> Iterator[str]:
    match line.kind:
        case Kind.GAP:
            yield ""
        case Kind.BARS:
            yield from _bars(line.bars)
        case Kind.TALLY:
            yield f"[cyan]{_row(line.rows[0])}[/cyan]"
        case Kind.NOTICE:
            yield f"[dim]{_row(line.rows[0])}[/dim]"
        case Kind.BULLET:
            yield f"• {_row(line.rows[0])}"
        case Kind.SENTENCE:
            sentence, *places = line.rows[0]
            yield f"• {_run(sentence)}"
            yield from (f"{_INDENT}{_run(place)}" for place in places)
        case _:
            yield from _numbered(line)


def _numbered(line: Line) -> Iterator[str]:
    """Rows as they are, from the number on indented; the address of a title has a row of its own."""
    indent = ""
    for row in line.rows:
        is_numbered = any(run.role == Role.NUMBER for run in row)
        yield f"{'  ' if is_numbered else indent}{_row(row)}"
        indent = _INDENT if is_numbered else indent
        yield from (f"{indent}[dim underline]{_plain(run.url)}[/]" for run in row if run.role == Role.TITLE and run.url)


def _row(runs: Sequence[Run]) -> str:
    return " ".join(map(_run, runs))


def _run(run: Run) -> str:
    text = f"{run.text} {run.url}" if run.role == Role.PLACE else run.text
    return _STYLES[run.role].format(_plain(text))


def _plain(text: str) -> str:
    """Untrusted text: no control characters, which a terminal would obey, and no markup."""
    return escape(sanitize(text, _LONGEST))


def _bars(bars: Sequence[Bar]) -> Iterator[str]:
    widest = max((cell_len(bar.name) for bar in bars), default=0)
    largest = max((bar.count for bar in bars), default=0) or 1
    for bar in bars:
        name = " " * (widest - cell_len(bar.name)) + _plain(bar.name)
        yield f"{name} [{bar.colour}]{'█' * max(1, round(_LONGEST_BAR * bar.count / largest))}[/] {bar.count}"
