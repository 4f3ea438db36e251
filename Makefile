# From a fresh clone to an annotated video or a test run. `make help` lists the targets.

PYTHON ?= python3.11
VENV ?= .venv
DOCS_VENV := $(VENV)-docs
OUT ?= outputs
# A video of your own: make demo SAMPLE=party.mp4
SAMPLE ?=
# One compiler job each core; each takes up to 2 GiB of memory.
MAX_JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

IN_VENV := $(VENV)/bin/python
INSTALL := $(IN_VENV) -m pip install --disable-pip-version-check
# One empty file for each finished step: a step runs again when its lock file is newer than it.
DONE := $(VENV)/.done

.DEFAULT_GOAL := help
.PHONY: help setup sample demo test test-slow lint docs clean

help:
	@echo "make demo    set up, fetch the sample video and the weights, annotate the sample"
	@echo "make test    set up, run the fast tests (make test-slow: the slow ones)"
	@echo "make setup   only set up: $(VENV) with the pinned packages of requirements/"
	@echo "make lint    ruff, the word list, import-linter and pyright"
	@echo "make docs    build the documentation site in site/"
	@echo "make clean   remove $(VENV) and what the builds left; $(OUT)/ and ~/.cache stay"
	@echo "Options: PYTHON=python3.11 VENV=.venv SAMPLE=my.mp4 OUT=outputs MAX_JOBS=n"

setup: $(DONE)/stad

$(DONE)/pip: requirements/pip.txt
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "error: '$(PYTHON)' was not found. stad's pinned packages need Python 3.11:" \
	    "install it, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 2; }
	@"$(PYTHON)" tools/check_machine.py
	"$(PYTHON)" -m venv "$(VENV)"
	$(INSTALL) -q -r requirements/pip.txt
	@mkdir -p $(DONE) && touch $@

$(DONE)/torch: requirements/torch.txt $(DONE)/pip
	@echo "== torch (about 3 GB with its CUDA libraries; a minute or two on a fast line)"
	$(INSTALL) -q --no-deps -r requirements/torch.txt
	@touch $@

$(DONE)/mmcv: requirements/mmcv.txt tools/build_mmcv.py $(DONE)/torch
	@echo "== mmcv, compiled from source: about 6 minutes on 2 cores, silent for most of them;" \
	  "pip keeps the result, so the next time takes seconds"
	MAX_JOBS="$(MAX_JOBS)" $(IN_VENV) tools/build_mmcv.py
	@touch $@

$(DONE)/rest: requirements/rest.txt $(DONE)/mmcv
	@echo "== the other packages"
	$(INSTALL) -q --no-deps -r requirements/rest.txt
	@touch $@

$(DONE)/stad: setup.cfg setup.py pyproject.toml $(DONE)/rest
	@PYTHONWARNINGS=ignore $(INSTALL) -q --no-deps --no-build-isolation -e .
	@touch $@

sample: setup
	@$(IN_VENV) tools/fetch_sample.py

# The weights come with the first run: the demo fetches what it chooses and keeps it.
demo: setup
	@sample="$(SAMPLE)"; \
	if [ -z "$$sample" ]; then sample=$$($(IN_VENV) tools/fetch_sample.py) || exit $$?; fi; \
	name=$$(basename "$$sample"); base="$(OUT)/$${name%.*}_annotated"; mkdir -p "$(OUT)"; \
	echo "== annotating $$sample"; \
	$(IN_VENV) demo/detect_video.py "$$sample" --out "$$base.mp4" --json "$$base.json" \
	  --csv "$$base.csv" --html "$$base.html" --overwrite

test: setup
	$(IN_VENV) -m pytest

test-slow: setup
	$(IN_VENV) -m pytest -m slow

$(DONE)/lint: requirements/lint.txt $(DONE)/rest
	$(INSTALL) -q --no-deps -r requirements/lint.txt
	@touch $@

lint: setup $(DONE)/lint
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) tools/check_words.py
	$(VENV)/bin/lint-imports
	$(VENV)/bin/pyright

# In a folder of its own: the site needs neither torch nor stad's other packages.
$(DOCS_VENV)/.done: requirements/docs.txt requirements/pip.txt
	"$(PYTHON)" -m venv "$(DOCS_VENV)"
	$(DOCS_VENV)/bin/python -m pip install -q -r requirements/pip.txt
	$(DOCS_VENV)/bin/python -m pip install -q --no-deps -r requirements/docs.txt
	@touch $@

docs: $(DOCS_VENV)/.done
	$(DOCS_VENV)/bin/mkdocs build --strict

clean:
	rm -rf "$(VENV)" "$(DOCS_VENV)" site build dist stad.egg-info .pytest_cache .ruff_cache .import_linter_cache
