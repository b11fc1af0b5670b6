"""Exit codes of the command line."""

OK, FAILED, QUIET = 0, 1, 3
