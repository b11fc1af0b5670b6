"""Functions on text alone: TeX, tokens, terms, quotation marks, word lists."""
