# Two commands do all set-up on a machine with Python 3.11 or newer, git and make:
#   make demo    install, index the sample archive, serve it
#   make test    install, run every test (in a browser and on a cluster too, where they can be had)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Setuptools warns of every editable installation, which is what we want.
PIP := PYTHONWARNINGS=ignore::UserWarning $(BIN)/python -m pip --disable-pip-version-check
LOCALE := search/translation/locale
DOMAIN := backfile
CATALOGUES := de tr az ar
LOCK := contrib/container/requirements.txt
LOCKED_EXTRAS := --extra brotli --extra mcp --extra opensearch
INSTALLED := pyproject.toml setup.py $(wildcard search/native/*.[ch] search/native/*/*.[ch])

.PHONY: help demo test coverage test-cluster test-contract test-random test-whoosh-versions browser java wordpress benchmark lint format catalogues pictures screenshots packages lock sbom audit clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo  ## Install, build an index from the sample archive and serve it
	@$(BIN)/backfile demo

test: $(VENV)/.test browser java  ## Install and run all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

coverage: $(VENV)/.test browser java  ## Run all tests and show which lines none of them runs; takes half as long again
	@$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term

test-cluster: $(VENV)/.test java  ## Kill, hang and cut off nodes of a real cluster under load
	@$(BIN)/python -m pytest -m cluster

test-contract: $(VENV)/.test  ## Send the endpoint what its description allows and forbids, for minutes
	@$(BIN)/python -m pytest -m long tests/test_contract.py

test-random: $(VENV)/.test  ## Run the tests that draw their own input, on other input each time
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m hypothesis --hypothesis-profile=random

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

catalogues: $(VENV)/.test  ## Bring the catalogues of the site's words up to date with the source
	@mkdir -p build
	@$(BIN)/pybabel -q extract -F pyproject.toml -k gettext_noop --add-location=file --sort-by-file \
		--project=Backfile --copyright-holder='the authors of Backfile' -w 120 -o build/$(DOMAIN).pot .
	@for language in $(CATALOGUES); do \
		test -e $(LOCALE)/$$language/LC_MESSAGES/$(DOMAIN).po || \
			$(BIN)/pybabel -q init -i build/$(DOMAIN).pot -d $(LOCALE) -D $(DOMAIN) -l $$language -w 120; done
	@$(BIN)/pybabel -q update -i build/$(DOMAIN).pot -d $(LOCALE) -D $(DOMAIN) -w 120 -N --ignore-obsolete --ignore-pot-creation-date

packages: $(VENV)/.package  ## Build the source archive and a wheel into dist/, and check them
	@rm -rf dist
	@$(BIN)/python -m build --installer uv
	@$(BIN)/twine check --strict dist/*

lock: $(VENV)/.package  ## Bring the libraries of the container up to date, each by its hash
	@UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --upgrade pyproject.toml $(LOCKED_EXTRAS) \
		--universal --python-version 3.11 --generate-hashes -o $(LOCK)

sbom: $(VENV)/.package  ## List the libraries of the container as CycloneDX, into dist/sbom.json
	@mkdir -p dist
	@PYTHONWARNINGS=ignore::UserWarning $(BIN)/cyclonedx-py requirements $(LOCK) --pyproject pyproject.toml --output-reproducible -o dist/sbom.json

audit: $(VENV)/.package  ## Check the libraries of the container for known vulnerabilities
	@$(BIN)/pip-audit --requirement $(LOCK) --require-hashes --disable-pip --strict

screenshots: $(VENV)/.test browser  ## Take pictures of every page into screenshots/
	@$(BIN)/python tests/screenshots.py screenshots

pictures: $(VENV)/.test browser  ## Take pictures of every page in every state into docs/pictures/pages
	@$(BIN)/python tests/pictures.py

browser:
	@sh tests/install-chromium.sh

java:
	@sh tests/install-java.sh

wordpress:  ## Install WordPress and MariaDB, on which the plug-in is tested
	@sh tests/install-wordpress.sh

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

$(VENV)/.package: $(BIN)/python $(INSTALLED)
	@$(PIP) install --quiet --editable '.[package]'
	@touch $@

$(VENV)/.lint: $(BIN)/python $(INSTALLED)
	@$(PIP) install --quiet --editable '.[test,lint]'
	@touch $@
