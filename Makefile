# The whole platform from a clean checkout: `make nightly`. Needs Python 3.11 to 3.13 and nothing else.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/ready
LOCK := uv pip compile --universal --python-version 3.11 --group local --group dev --generate-hashes

.DEFAULT_GOAL := help
.PHONY: help environment nightly up down status test lint bench lock

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

environment: $(READY) ## Make the Python environment in .venv

# Bytecode is compiled here: where it may not be written later, every start would compile it anew.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14)' 2>/dev/null || \
		{ echo "Python 3.11 to 3.13 is needed; name one: make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet --compile-bytecode requirements.txt
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	touch $@

nightly: $(READY) ## Run one night, everything started first: NIGHT=2019-02-11 PUBLIC_DATA=folder
	$(BIN)/elevate nightly $(if $(NIGHT),--night $(NIGHT)) $(if $(PUBLIC_DATA),--public-data $(PUBLIC_DATA))

up: $(READY) ## Start database, synthetic district and Airflow
	$(BIN)/elevate up

down: $(READY) ## Stop all of it
	$(BIN)/elevate down

status: $(READY) ## What runs, and how the last night went
	$(BIN)/elevate status

test: $(READY) ## Run the tests
	$(BIN)/pytest -n 2 --dist loadfile -m "not bench" tests

lint: $(READY) ## Check style, types, and which part may use which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

bench: $(READY) ## Run the benchmarks
	$(BIN)/pytest -m bench tests/bench

lock: $(READY) ## Resolve pyproject.toml into requirements.txt anew
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/$(LOCK) --quiet --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --output-file requirements.txt pyproject.toml
