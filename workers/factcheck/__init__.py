"""Checks that a sentence is supported by the papers it cites; used by digest and answers."""
