"""Functions on text alone: cleaning, markup, TeX, matching keys, tokens, terms, quotation marks, word lists."""
