"""Quotation marks inside quoted sentences."""

_INNER = str.maketrans("“”", "‘’")


def inner_quotes(text: str) -> str:
    """Replace double curly quotes by single ones, because the sentence is shown inside double ones."""
    return text.translate(_INNER)
