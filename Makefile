# Two commands do all set-up on a machine with Python 3.11 or newer, git and make:
#   make demo    install, index the sample archive, serve it
#   make test    install, run every test (in a browser and on a cluster too, where they can be had)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Setuptools warns of every editable installation, which is what we want.
PIP := PYTHONWARNINGS=ignore::UserWarning $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := pyproject.toml setup.py $(wildcard search/native/*.[ch] search/native/*/*.[ch])

.PHONY: help demo test test-cluster test-whoosh-versions browser java benchmark lint format screenshots clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo  ## Install, build an index from the sample archive and serve it
	@$(BIN)/backfile demo

test: $(VENV)/.test browser java  ## Install and run all tests, with coverage
	@$(BIN)/python -m pytest --cov --cov-report=term

test-cluster: $(VENV)/.test java  ## Kill, hang and cut off nodes of a real cluster under load
	@$(BIN)/python -m pytest -m cluster

test-whoosh-versions:  ## Run all tests on each Whoosh and each Python there is
	@bash tests/whoosh_versions.sh

benchmark: $(VENV)/.benchmark  ## Measure Backfile beside other engines, into docs/explanation/benchmark.md
	@$(BIN)/python -m benchmark --docs docs
	@$(BIN)/python -m benchmark http --docs docs
	@$(BIN)/python -m benchmark cluster --docs docs

lint: $(VENV)/.lint  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.lint  ## Put the code into the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(VENV)/.test browser  ## Take pictures of every page into screenshots/
	@$(BIN)/python tests/screenshots.py screenshots

browser:
	@sh tests/install-chromium.sh

java:
	@sh tests/install-java.sh

clean:  ## Remove what the other targets made
	rm -rf $(VENV) .venv-whoosh build dist *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis screenshots

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Backfile needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet 'pip>=23.3'  # older ones do not find lxml's extra html_clean, and say so each time

$(VENV)/.demo: $(BIN)/python $(INSTALLED)
	@echo "Installing Backfile into $(VENV) ..."
	@$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.test: $(BIN)/python $(INSTALLED)
	@echo "Installing Backfile and its test tools into $(VENV) ..."
	@$(PIP) install --quiet --editable '.[test,test-meaning]'
	@touch $@

$(VENV)/.benchmark: $(BIN)/python $(INSTALLED)
	@echo "Installing Backfile and the engines it is measured beside into $(VENV) ..."
	@$(PIP) install --quiet --editable '.[benchmark]'
	@touch $@

$(VENV)/.lint: $(BIN)/python $(INSTALLED)
	@$(PIP) install --quiet --editable '.[test,lint]'
	@touch $@
