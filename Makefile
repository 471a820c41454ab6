# The whole platform from a clean checkout: `make nightly`. Needs Python 3.11 to 3.13 and nothing else.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/ready
BI := .venv-bi
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help environment nightly up bi down status docs report test lint bench lock

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

bi: $(READY) $(BI)/ready ## Start Apache Superset with the dashboards, after a night
	$(BIN)/elevate bi

# An environment of its own: Superset's libraries are older than the platform's.
$(BI)/ready: deploy/superset/requirements.txt | $(READY)
	@$(BIN)/python -c 'import sys; assert sys.version_info < (3, 13)' 2>/dev/null || \
		{ echo "Superset needs Python 3.11 or 3.12; remove .venv and name one: make bi PYTHON=python3.12"; exit 1; }
	$(BIN)/uv venv --quiet --clear --python $(CURDIR)/$(BIN)/python $(BI)
	VIRTUAL_ENV=$(CURDIR)/$(BI) $(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode $<
	touch $@

down: $(READY) ## Stop all of it
	$(BIN)/elevate down

status: $(READY) ## What runs, and how the last night went
	$(BIN)/elevate status

docs: $(READY) ## Make the documentation site, one file; after a night
	$(BIN)/elevate docs

report: $(READY) ## Make the evaluation's report of the last night, one page; after a night
	$(BIN)/elevate report $(if $(NIGHT),--night $(NIGHT))

test: $(READY) ## Run the tests
	$(BIN)/pytest -n 2 --dist loadfile -m "not bench" tests

lint: $(READY) ## Check style, types, and which part may use which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests dbt_project/analyses

bench: $(READY) ## Run the benchmarks
	$(BIN)/pytest -m "bench and not overnight" tests/bench

lock: $(READY) ## Resolve pyproject.toml into requirements.txt anew, and Superset's requirements
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/$(LOCK) --group local --group dev --output-file requirements.txt pyproject.toml
	$(BIN)/$(LOCK) --output-file deploy/superset/requirements.txt deploy/superset/requirements.in
