# make app: from nothing to the app in the browser.   make test: every test.
PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: app test fuzz benchmarks clean

app: .venv/running
	$(BIN)/python -m emo_core demo
	$(BIN)/streamlit run app.py

test: .venv/testing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 2 --dist loadfile

fuzz: .venv/testing
	EMO_FUZZ=20000 $(BIN)/python -m pytest -n 2 -rP tests/corpora/test_oracle.py

benchmarks: .venv/testing
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.app

.venv/running: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	touch $@

.venv/testing: requirements-dev.txt .venv/running
	$(PIP) -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv
