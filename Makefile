# From a fresh clone to an annotated video or a test run. `make help` lists the targets.

PYTHON ?= python3.11
VENV ?= .venv
DOCS_VENV := $(VENV)-docs
OUT ?= outputs
# A video of your own: make demo SAMPLE=party.mp4
SAMPLE ?=
# One compiler job each core; each takes up to 2 GiB of memory.
MAX_JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# Which tests, and how: make test PYTEST_ARGS='tests/video -x'. Without it, all of them run in one process a
# core, four at most: each takes up to 3 GB.
PYTEST_ARGS ?= -n $(shell cores=$(MAX_JOBS); echo $$((cores < 4 ? cores : 4))) --dist loadfile

IN_VENV := $(VENV)/bin/python
# All cores compile the modules to bytecode afterwards; pip would use one.
INSTALL := $(IN_VENV) -m pip install --disable-pip-version-check -q --no-compile
BUILD := --build-constraint requirements/build.txt
# One empty file for each finished step: a step runs again when its lock file is newer than it.
DONE := $(VENV)/.done

# Several steps at a time: torch is fetched while the other packages are unpacked.
STEPS = +@$(MAKE) --no-print-directory IN_STEPS=1 $(if $(findstring -j,$(MAKEFLAGS)),,-j3)
ifndef IN_STEPS
.NOTPARALLEL:
endif

.DEFAULT_GOAL := help
.PHONY: help setup ready mmdet sample demo test test-setup test-slow test-robust lint docs clean

help:
	@echo "make demo    set up, fetch the sample video and the weights, annotate the sample"
	@echo "make test    set up, run the fast tests (make test-slow: the slow ones)"
	@echo "make test-robust   damage, kills and hostile input, in the long form"
	@echo "make setup   only set up: $(VENV) with the pinned packages of requirements/"
	@echo "make mmdet   add mmdet and compile the operators that its person detectors need"
	@echo "make lint    ruff, the word list, import-linter and pyright"
	@echo "make docs    build the documentation site in site/"
	@echo "make clean   remove $(VENV) and what the builds left; $(OUT)/ and ~/.cache stay"
	@echo "Options: PYTHON=python3.11 VENV=.venv SAMPLE=my.mp4 OUT=outputs MAX_JOBS=n" \
	  "PYTEST_ARGS='tests/video -x'"

setup:
	$(STEPS) ready

ready: $(DONE)/bytecode $(DONE)/stad
	@:

# Python would do it at the first import, but not where PYTHONDONTWRITEBYTECODE is set: each start would
# then take seconds longer. Some packages have templates that are not valid Python.
$(DONE)/bytecode: $(DONE)/torch $(DONE)/rest
	@$(IN_VENV) -m compileall -q -q -j 0 "$(VENV)/lib" >/dev/null || true
	@touch $@

$(DONE)/pip: requirements/pip.txt
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "error: '$(PYTHON)' was not found. stad's pinned packages need Python 3.11:" \
	    "install it, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 2; }
	@"$(PYTHON)" tools/check_machine.py
	"$(PYTHON)" -m venv "$(VENV)"
	$(INSTALL) -r requirements/pip.txt
	@mkdir -p $(DONE) && touch $@

$(DONE)/torch: requirements/torch.txt $(DONE)/pip
	@echo "== torch (3 GB with its CUDA libraries; less than a minute on a fast line)"
	$(INSTALL) --no-deps -r requirements/torch.txt
	@touch $@

# mmcv is built without its compiled operators, in seconds: pip builds it where torch is not seen.
$(DONE)/rest: requirements/rest.txt requirements/mmcv.txt requirements/build.txt $(DONE)/pip
	@echo "== the other packages"
	$(INSTALL) --no-deps $(BUILD) -r requirements/rest.txt -r requirements/mmcv.txt
	@touch $@

$(DONE)/stad: setup.cfg setup.py pyproject.toml $(DONE)/rest
	@PYTHONWARNINGS=ignore $(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(DONE)/mmdet: requirements/mmdet.txt requirements/build.txt $(DONE)/pip
	$(INSTALL) --no-deps $(BUILD) -r requirements/mmdet.txt
	@touch $@

# Looks each time: another pip call may have put an mmcv without operators in its place.
mmdet:
	$(STEPS) ready $(DONE)/mmdet
	@MAX_JOBS="$(MAX_JOBS)" $(IN_VENV) tools/build_mmcv.py

sample: $(DONE)/rest
	@$(IN_VENV) tools/fetch_sample.py

# The weights come with the first run: the demo fetches what it chooses and keeps it.
demo:
	$(STEPS) ready $(if $(SAMPLE),,sample)
	@sample="$(SAMPLE)"; \
	if [ -z "$$sample" ]; then sample=$$($(IN_VENV) tools/fetch_sample.py) || exit $$?; fi; \
	name=$$(basename "$$sample"); base="$(OUT)/$${name%.*}_annotated"; mkdir -p "$(OUT)"; \
	echo "== annotating $$sample"; \
	$(IN_VENV) demo/detect_video.py "$$sample" --out "$$base.mp4" --json "$$base.json" \
	  --csv "$$base.csv" --html "$$base.html" --overwrite

$(DONE)/test: requirements/test.txt $(DONE)/pip
	$(INSTALL) --no-deps -r requirements/test.txt
	@touch $@

test-setup:
	$(STEPS) ready $(DONE)/test

# One thread a process: on two cores that is a third faster than one process with two threads.
test: test-setup
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(IN_VENV) -m pytest $(PYTEST_ARGS)

test-slow: test-setup
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(IN_VENV) -m pytest -m "slow and not robust" --no-loadscope-reorder \
	  $(PYTEST_ARGS)

# Both the short and the long form.
test-robust: test-setup
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(IN_VENV) -m pytest tests/robustness \
	  -m robust $(PYTEST_ARGS)

$(DONE)/lint: requirements/lint.txt $(DONE)/pip
	$(INSTALL) --no-deps -r requirements/lint.txt
	@touch $@

# pyright reads all packages that stad can use.
lint:
	$(STEPS) ready $(DONE)/mmdet $(DONE)/test $(DONE)/lint
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
