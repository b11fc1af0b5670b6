"""The sentences of digests and answers, in each language."""
