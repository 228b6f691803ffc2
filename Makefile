# make app   installs everything and opens the app on the bundled demo run
# make test  installs what tests need and passes them
PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test check demo

app: .venv/app
	$(BIN)/python -m streamlit run app/main.py

test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder \
	  --cov --cov-report=term-missing:skip-covered --cov-fail-under=90

demo: .venv/app  # train the bundled runs again; their checkpoints are left out, they are finished
	rm -rf assets/runs/atlas assets/runs/atlas_published
	$(BIN)/python -m pmf train --data demo --run assets/runs/atlas --set model.width=64 \
	  --set model.label_width=64 --set freezing.every=1
	$(BIN)/python -m pmf train --data demo --run assets/runs/atlas_published --preset published \
	  --set model.width=64 --set model.label_width=64 --set train.epochs=50 --set train.project=false \
	  --set train.snapshots=0
	$(BIN)/python -m pmf failures assets/runs/atlas_published
	rm -rf assets/runs/atlas*/checkpoint assets/runs/atlas*/heartbeat assets/runs/atlas*/lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "PMF Explorer needs Python 3.11 or newer as $(PYTHON): install it, or name another with make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "PMF Explorer needs Python's venv module: install it (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/app: requirements.txt .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/test: tests/requirements.txt tests/tools/install_browser.sh tests/tools/install_postgres.sh .venv/app
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	sh tests/tools/install_browser.sh $(BIN)
	sh tests/tools/install_postgres.sh
	@touch $@
