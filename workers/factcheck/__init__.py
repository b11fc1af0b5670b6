"""Whether a sentence says what its papers say; used by digest and answers."""
