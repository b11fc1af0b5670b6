"""Text as such: TeX, words, terms, quotation marks, word lists."""
