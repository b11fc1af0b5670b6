"""The full text of a paper, fetched from arXiv and split into passages with their sections and anchors."""
