# What a developer types; `make help` lists it. Each target needs only python3 and make: the first one sets up .venv.

PYTHON ?= python3
BIN := .venv/bin
ROUNDS ?= 20
BENCHMARKS ?= pipeline tokens retrieval answers broadcast

.DEFAULT_GOAL := help
.PHONY: help setup test test-all check demo chaos bench

help: ## list these targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-9s %s\n", $$1, $$2 }'

setup: ## make .venv with the pinned versions and an editable install, so that every process runs this code
	$(PYTHON) -m venv .venv
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install -e '.[test]'

test: | $(BIN)/pytest ## run the fast tests: they start no process of the program and no PostgreSQL
	$(BIN)/pytest -m "not e2e and not postgresql and not slow"

test-all: | $(BIN)/pytest ## run every test
	$(BIN)/pytest

check: | $(BIN)/pytest ## run the linter, the format check, the type checker and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

demo: | $(BIN)/pytest ## make and post the bundled sample day in this terminal
	$(BIN)/paperboy demo

chaos: | $(BIN)/pytest ## kill each frontend with SIGKILL in ROUNDS broadcasts (20) and count lost and doubled messages
	$(BIN)/python -m tests.chaos telegram --rounds $(ROUNDS)
	$(BIN)/python -m tests.chaos discord --rounds $(ROUNDS)

bench: | $(BIN)/pytest ## run the BENCHMARKS of tests/benchmarks; most need the recorded data in ../shared/data
	for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m tests.benchmarks.$$name || exit 1; done

$(BIN)/pytest:
	$(MAKE) setup
