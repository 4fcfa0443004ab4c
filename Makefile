# `make demo` shows the main job, `make test` passes the tests; both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test peers check bench captures tour clean

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 to 3.13 is needed, this is " + sys.version.split()[0]) if not (3, 11) <= sys.version_info[:2] <= (3, 13) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

demo: $(READY)
	$(BIN)/vdmabuf-inspect demo

test: $(READY)
	$(BIN)/python -m pytest -m "not peers"

peers: $(READY)
	$(BIN)/python -m pytest -m peers -rs

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m tests.bench

captures: $(READY)
	$(BIN)/python -m captures.make

# Real sessions in the real program, and the pictures of README.md from them: a minute.
tour: $(READY)
	$(BIN)/python -m docs.tour

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
