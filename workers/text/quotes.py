"""Quotation marks inside quotations."""

_INNER = str.maketrans("“”", "‘’")


def inner_quotes(text: str) -> str:
    """Replace double curly quotes by single ones, because the sentence itself is shown in double ones."""
    return text.translate(_INNER)
