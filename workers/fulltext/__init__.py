"""A paper's text: fetched once, from arXiv alone, and cut into passages with their sections and anchors."""
