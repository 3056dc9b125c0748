# `make demo` and `make test` are all that a fresh clone needs; both install first, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
JOBS ?= auto

.PHONY: demo test attacks mutants e2e install sandbox build grade bench lint clean

demo: install
	$(BIN)/python -m benchmarks.classroom demo
	$(BIN)/autograder grade --course demo --json demo/results.json || [ $$? -eq 1 ]
	$(BIN)/python -m benchmarks.classroom feedback
	@echo
	@echo "The class is an ordinary nbgrader course in demo/:"
	@echo "  gradebook   demo/gradebook.db      all results   demo/results.json"
	@echo "  feedback    demo/feedback/<student>/<assignment>/<assignment>.html"
	@echo "  again       $(BIN)/autograder grade --course demo     (nothing changed: nothing is executed twice)"
	@echo "  as nbgrader cd demo && ../$(BIN)/nbgrader export && cat grades.csv"
	@echo "  your course $(BIN)/autograder grade                   (grades submitted/)"

test: install
	$(BIN)/ruff check autograder tests benchmarks
	$(BIN)/ruff format --check autograder tests benchmarks
	$(BIN)/python -m pytest -n $(JOBS)

attacks: install
	$(BIN)/python -m pytest tests/attacks -m "slow_attack or not slow_attack"

# kills graders at any moment, and starts Dask clusters
e2e: install
	$(BIN)/python -m pytest tests/e2e -m e2e

# every wrong answer of every assignment, also those of themes, which train models again (half an hour)
mutants: install
	$(BIN)/python -m pytest tests/course/test_mutants.py -n $(JOBS) -m "slow_mutant or not slow_mutant"

build: install
	$(BIN)/autograder build

grade: install
	$(BIN)/autograder grade

bench: install
	$(BIN)/python -m benchmarks.throughput

lint: install
	$(BIN)/ruff check --fix autograder tests benchmarks
	$(BIN)/ruff format autograder tests benchmarks

install: $(INSTALLED) sandbox

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; name one with PYTHON=..., for example: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

# bubblewrap closes student code off from this machine; without it grading works, with a warning
sandbox:
	@command -v bwrap >/dev/null 2>&1 || [ "$$(uname)" != Linux ] || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    (apt-get install -y -qq bubblewrap || (apt-get update -qq && apt-get install -y -qq bubblewrap)) >/dev/null 2>&1; \
	  elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then \
	    (sudo -n apt-get install -y -qq bubblewrap || (sudo -n apt-get update -qq && sudo -n apt-get install -y -qq bubblewrap)) >/dev/null 2>&1; \
	  fi; }
	@command -v bwrap >/dev/null 2>&1 || \
	  echo "WARNING: bubblewrap is not installed; student code will run as you. Install it: sudo apt-get install bubblewrap"

clean:
	rm -rf demo .autograder build
