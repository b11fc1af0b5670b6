"""Where papers come from: one small adapter per kind of source, each a fetch and a pure parse."""
