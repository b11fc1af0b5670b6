"""The sources of papers: one adapter per kind of source, each a fetch and a pure parse."""
