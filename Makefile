# What a developer does with a clone of the project. Everything lands in .venv, build, dist and caches that git ignores.
# Needs Python 3.11 or newer (PYTHON=python3.12 make … picks one) and, for setup, a package index.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test elsewhere test-torch fuzz kill lint bench corpora clean

help:  ## what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.test  ## virtual environment with the project and what its tests need

demo: $(VENV)/.core  ## set up, then find the words of the sample that jieba does not know
	$(BIN)/mine newwords -v corpora/sample.txt --known jieba --drop-known --sort count --limit 36
	@printf '\nmine is in %s; to have it on the path here: . %s/activate   (everywhere: pipx install . or uv tool install .)\n' $(BIN) $(BIN)

# A process a processor, four at most: each compiles kernels that another has not yet kept.
test: $(VENV)/.test  ## set up, then run the tests
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

elsewhere: $(VENV)/.test  ## set up, then run the tests as other machines would (LINE="fonts user": these alone)
	tests/elsewhere.sh $(LINE)

# SEED and INPUTS choose other inputs; a property that fails prints the line that makes it fail again.
fuzz: $(VENV)/.test  ## set up, then damage inputs of every kind, and try properties on random examples (SEED=1, INPUTS=3600)
	$(BIN)/python tests/fuzz_campaign.py --seed $(or $(SEED),1) --inputs $(or $(INPUTS),3600)
	HANMINE_TEST_PROFILE=fuzz $(BIN)/python -m pytest -m hypothesis $(if $(SEED),--hypothesis-seed=$(SEED))

kill: $(VENV)/.test  ## set up, then end runs of every kind at random moments, and look at what is left (SEED=1, MOMENTS=150)
	$(BIN)/python tests/kill_campaign.py --seed $(or $(SEED),1) --moments $(or $(MOMENTS),150)

# torch is gigabytes; TORCH=torch==X picks a build, and these tests have an environment of their own.
test-torch: $(VENV)-torch/.done  ## set up with torch, then compare with transformers and sentence-transformers
	$(VENV)-torch/bin/python -m pytest tests/with_torch

lint: $(VENV)/.test  ## set up, then check style and format
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .

bench: $(VENV)/.test benchmarks/data/peers/.done  ## set up, then measure speed and memory (TEXT=file: with real text)
	$(BIN)/python benchmarks/run.py --peers benchmarks/data/peers/bin/python $(if $(TEXT),--text $(TEXT))

corpora: $(VENV)/.core  ## set up, then download real text into corpora/downloads
	$(BIN)/python corpora/fetch.py

clean:  ## remove the virtual environment, builds and caches (downloads stay)
	rm -rf $(VENV) $(VENV)-torch build dist .pytest_cache .ruff_cache .hypothesis
	find src tests corpora docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The demo wants the core alone; the tests bring pandas, polars and pyarrow, which take longer to download.
$(VENV)/.core: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# The tool that the benchmarks compare with has an environment of its own.
benchmarks/data/peers/.done: benchmarks/requirements.txt
	$(PYTHON) -m venv benchmarks/data/peers
	benchmarks/data/peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

$(VENV)-torch/.done: pyproject.toml
	$(PYTHON) -m venv $(VENV)-torch
	$(VENV)-torch/bin/python -m pip install --quiet --disable-pip-version-check $(or $(TORCH),torch)
	$(VENV)-torch/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[torch,onnx]' sentence-transformers rjieba pytest hypothesis
	@touch $@

$(VENV)/.test: $(VENV)/.core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@
