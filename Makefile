# Everything sets up what it needs: a Python of 3.11 or newer is enough.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)

.PHONY: demo test lint bench studio notebooks clean
.DEFAULT_GOAL := demo

demo: $(VENV)/ready-verify ## Develop examples/bookshop.yaml into out/bookshop
	rm -rf out/bookshop
	$(BIN)/backend-agent develop examples/bookshop.yaml -o out/bookshop

test: $(VENV)/ready-dev ## Run the tests
	$(BIN)/pytest -n 2

lint: $(VENV)/ready-dev ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/ready-dev ## The long proofs, and the benchmarks' figures (BACKEND_AGENT_POSTGRES_URL for those of the service)
	$(BIN)/pytest -n 2 -m slow
	$(BIN)/python tests/benchmarks/run.py
	$(BIN)/python tests/benchmarks/many.py

studio: $(VENV)/ready-verify $(VENV)/ready-studio ## Serve the graphs for LangGraph Studio, on the usual session database
	LANGGRAPH_CLI_NO_ANALYTICS=1 LANGSMITH_TRACING=false $(BIN)/langgraph dev --no-browser --no-reload

notebooks: $(VENV)/ready-dev ## Run the notebooks and save them with their outputs
	$(BIN)/python tests/notebook_runs.py

clean: ## Remove what these commands made
	rm -rf out $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .langgraph_api

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: https://www.python.org/downloads/"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "venv is missing: on Debian and Ubuntu, apt install python3-venv"; exit 1; }

$(VENV)/ready-%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$*]"
	touch $@
