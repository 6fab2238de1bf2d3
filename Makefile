# CI runs these targets word for word. Every path is relative, so that a folder name with a space works.
PYTHON ?= python3.11
TASK ?=
LIMIT ?=
PORT ?=
RAW ?=
JOBS ?=
SET ?=
MACHINE ?=
INFO ?=
# As they were typed: make expands nothing in them, and recipes read them from the environment, so that no shell does either.
override TASK := $(value TASK)
override LIMIT := $(value LIMIT)
override PORT := $(value PORT)
override RAW := $(value RAW)
override JOBS := $(value JOBS)
override SET := $(value SET)
override MACHINE := $(value MACHINE)
override INFO := $(value INFO)
export TASK LIMIT PORT RAW JOBS SET MACHINE INFO
# The same versions with the hashes of PyPI's files, for CI: `make … LOCK=requirements-ci.lock`.
LOCK ?= requirements.lock
ifeq ($(filter $(LOCK),requirements.lock requirements-ci.lock),)
$(error LOCK is requirements.lock or requirements-ci.lock)
endif
RUN := .venv/bin/python -m
COMPILE := $(RUN) piptools compile --quiet --no-header --no-annotate --strip-extras --allow-unsafe \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DVC_NO_ANALYTICS := true
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help install develop names repro config test-fast test test-all check ui drift-ui promote verify challenge pull sign schema migrate table benchmark gpu-check lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: .venv/runtime.stamp ## set up the environment from the lock (nothing to do the second time)

develop: .venv/develop.stamp ## set up what tests and checks need, too

# An environment holds absolute paths: one that came along when its folder was moved or copied is set up anew.
HERE := $(subst ','\'',$(CURDIR))
ifneq ($(wildcard .venv/runtime.stamp),)
MOVED := $(if $(shell grep -lsxF -e '$(HERE)' -e '$(HERE)/src' .venv/runtime.stamp \
  .venv/lib/python*/site-packages/__editable__.hallmark-*.pth),,moved)
endif
.PHONY: moved
moved:
	@echo 'the environment in .venv was made for another folder: setting it up anew' >&2
	rm -rf .venv

.venv/runtime.stamp: requirements.lock $(LOCK) pyproject.toml $(MOVED)
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(RUN) pip install --disable-pip-version-check $(if $(findstring -ci,$(LOCK)),--require-hashes) -r $(LOCK)
	$(RUN) pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
	printf '%s\n' '$(HERE)' > $@

.venv/develop.stamp: .venv/runtime.stamp requirements-dev.lock
	$(RUN) pip install --disable-pip-version-check -r requirements-dev.lock
	touch $@

names: .venv/runtime.stamp # the names that DVC writes into commands, and TASK, are plain words
	@$(RUN) pipelines.names

repro: names ## run the pipeline, raw data to verdict; TASK=image one task, JOBS=2 two at once, SET="optimizer=sgd" overrides, MACHINE=ddp
	@$(RUN) hallmark.formats.folders data/raw/*
	$(RUN) pipelines.repro $${JOBS:+"--jobs=$$JOBS"} $${TASK:+"publish@$$TASK"}

config: names ## show what TASK is composed of, each value with its file; INFO=defaults shows the files, SET= tries overrides
	@test -n "$$TASK" || { echo 'make config needs TASK=…, a task of conf/tasks.yaml' >&2; exit 2; }
	@$(RUN) pipelines.composed "$$TASK"

# In random order, a file for each core. What each mark means stands in pyproject.toml.
TESTS := OMP_NUM_THREADS=1 $(RUN) pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
LONG := pipeline or server or browser or public_data or proof

test-fast: .venv/develop.stamp ## run the unit tests (minutes); PYTEST=--randomly-seed=… repeats an order
	$(TESTS) -m 'not (slow or $(LONG))' $(PYTEST)

test: .venv/develop.stamp ## run the tests, but for whole pipelines, servers, browser, public data and proofs
	$(TESTS) -m 'not ($(LONG))' $(PYTEST)

test-all: .venv/develop.stamp ## run all tests
	$(TESTS) $(PYTEST)

check: .venv/develop.stamp ## format, lint, types, workflow schema
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

ui: .venv/runtime.stamp ## review runs, reports and versions in the MLflow UI; PORT=5001 serves elsewhere
	$(RUN) hallmark.tracking.serve $${PORT:+"$$PORT"}

drift-ui: .venv/runtime.stamp ## see the drift of every task over time in Evidently's UI; PORT=8001 serves elsewhere
	$(RUN) pipelines.drift_ui $${PORT:+"$$PORT"}

verify: names ## make TASK's evidence of HEAD anew from raw data and package; LIMIT= bounds the data, in bytes
	@test -n "$$TASK" || { echo 'make verify needs TASK=…, a task of conf/tasks.yaml' >&2; exit 2; }
	$(RUN) pipelines.verify "$$TASK" $${LIMIT:+"--limit=$$LIMIT"}

challenge: names ## publish TASK's committed verdict, and make its version the challenger
	@test -n "$$TASK" || { echo 'make challenge needs TASK=…, a task of conf/tasks.yaml' >&2; exit 2; }
	$(RUN) pipelines.challenge "$$TASK"

# A bundled task's raw data is made anew by its stage, so that nobody need push it.
pull: names ## fetch TASK's data, package and reports by dvc.lock; RAW=no leaves raw data where it is
	@test -n "$$TASK" || { echo 'make pull needs TASK=…, a task of conf/tasks.yaml' >&2; exit 2; }
	@case "$$RAW" in ''|yes|no) ;; *) echo 'RAW is yes or no' >&2; exit 2;; esac
	raw="data/raw/$$TASK.dvc"; if [ "$$RAW" = no ] || [ ! -f "$$raw" ]; then raw=; fi; \
	  $(RUN) dvc pull $${raw:+"$$raw"} "prepare@$$TASK" "validate@$$TASK" "train@$$TASK" "evaluate@$$TASK" "bias@$$TASK" "drift@$$TASK"

promote: names ## make TASK's challenger the champion, if its verdict is eligible
	@test -n "$$TASK" || { echo 'make promote needs TASK=…, a task of conf/tasks.yaml' >&2; exit 2; }
	$(RUN) pipelines.promote "$$TASK"

sign: names ## settle what only a person can before TASK is promoted; SIGNER= and STATEMENT= say who, and what they saw
	@test -n "$$TASK" || { echo 'make sign needs TASK=…, a task of conf/tasks.yaml' >&2; exit 2; }
	$(RUN) pipelines.sign "$$TASK"

schema: .venv/runtime.stamp ## write conf/schema/*.json for editors and docs/configuration.md from the models of the configuration
	$(RUN) pipelines.schema

migrate: .venv/runtime.stamp ## rewrite former keys and values of conf/ as they are called today; comments stay
	$(RUN) pipelines.migrate

table: .venv/runtime.stamp ## write README's result table from the reports in git
	$(RUN) pipelines.readme_table

benchmark: .venv/develop.stamp ## measure training speed, also beside a busy process, interval coverage, drift alarms, leaks seen and validation of 10 million rows (minutes)
	$(RUN) benchmarks.training
	$(RUN) benchmarks.busy
	$(RUN) benchmarks.coverage
	$(RUN) benchmarks.drift
	$(RUN) benchmarks.leaks
	$(RUN) benchmarks.validation

gpu-check: .venv/runtime.stamp ## train the seven shipped networks on the GPU at hand, and write benchmarks/gpu.json (under 10 minutes)
	$(RUN) benchmarks.gpu

lock: .venv/develop.stamp ## resolve the locks anew from pyproject.toml
	$(COMPILE) --upgrade --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= $(COMPILE) --generate-hashes --constraint requirements.lock \
	  --output-file requirements-ci.lock pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock requirements-dev.lock

clean: ## remove the environment, caches and interrupted training (data, models and MLflow's store stay)
	rm -rf .venv .state .mypy_cache .ruff_cache .pytest_cache .hypothesis build src/hallmark.egg-info
