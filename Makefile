# Everything a contributor runs, and what CI runs. `make help` lists it.
PYTHON ?= python3
VENV   ?= .venv
DIST   ?= dist
REVISION ?= HEAD
BIN    := $(VENV)/bin
PATHS  := .:keys:hooks:controller

# Byte-compiled modules halve the start-up time that the benchmarks and users see.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check format docs manifests vectors cluster lock bench dist sbom clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/controller.stamp: requirements/controller.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/controller.txt -r requirements/build.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/controller.stamp
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

# What the tests of the image install from, by hash and without a network.
$(VENV)/wheels.stamp: requirements/controller.txt requirements/build.txt $(VENV)/controller.stamp
	$(BIN)/python -m pip download --quiet --require-hashes --only-binary=:all: -d $(VENV)/wheels \
	  -r requirements/controller.txt -r requirements/build.txt
	@touch $@

demo: $(VENV)/controller.stamp ## the main job, end to end, in a few seconds
	@$(BIN)/sealer demo

test: $(VENV)/dev.stamp $(VENV)/wheels.stamp ## the whole test suite; the real API server joins in after `make cluster`
	$(BIN)/python -m pytest -n auto --dist loadgroup $(PYTEST_ARGS)

check: $(VENV)/dev.stamp ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=$(PATHS) $(BIN)/lint-imports

format: $(VENV)/dev.stamp ## put the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/dev.stamp ## write docs/cli.md from the commands
	$(BIN)/python -m sealer.cli.reference > docs/cli.md

manifests: $(VENV)/dev.stamp ## write what is made of the chart: manifests, the words of schema and page (needs `make cluster`)
	$(BIN)/python -m tests.chart.generate

vectors: $(VENV)/dev.stamp ## write tests/vectors/format, the same bytes every time
	$(BIN)/python -m tests.vectors.generate

cluster: ## build etcd, kube-apiserver and their companions for the tests (needs Go; cached outside the tree)
	tests/cluster/build

lock: $(VENV)/dev.stamp ## renew the hash-locked requirements
	$(BIN)/python requirements/lock.py

# BENCH_ARGS: `--quick`, `--page docs/performance.md`, or the names of some scripts.
bench: $(VENV)/dev.stamp ## measure, into build/bench: JSON and pictures; needs `make cluster`
	$(BIN)/python benchmarks/all.py $(BENCH_ARGS)

# From an export, so that nothing of this folder gets in; times are those of the commit.
dist: $(VENV)/dev.stamp ## sdist, wheel and SBOM of what is committed, the same bytes every time
	@git diff --quiet $(REVISION) || echo "what is not in $(REVISION) is left out" >&2
	@rm -f $(DIST)/sealer-*.whl $(DIST)/sealer-*.tar.gz $(DIST)/sealer-*.cdx.json
	@source=$$(mktemp -d) && trap 'rm -rf "$$source"' EXIT && \
	git archive $(REVISION) | tar -x -C "$$source" && \
	export SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct $(REVISION)) && \
	cd "$$source" && $(abspath $(BIN))/hatchling build -d $(abspath $(DIST)) && \
	$(abspath $(BIN))/python requirements/sbom.py -d $(abspath $(DIST)) \
	  $(abspath $(DIST))/sealer-*.whl $(abspath $(DIST))/sealer-*.tar.gz

# It names wheel and sdist by their hashes, so it is made with them.
sbom: dist ## the SBOM of a release (CycloneDX), which `make dist` writes beside its files

clean: ## remove what the other targets made
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
