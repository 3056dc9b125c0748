# `make demo` and `make test` are all that a fresh clone needs; both install first, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COURSE ?= .
INSTALLED := $(VENV)/.installed
JOBS ?= auto

.PHONY: demo test docs prove attacks e2e browser install sandbox chromium build grade lab bench pictures types lint clean

demo: install
	$(BIN)/python -m benchmarks.classroom demo
	$(BIN)/autograder grade --course demo --json demo/results.json || [ $$? -eq 1 ]
	$(BIN)/autograder feedback --course demo
	$(BIN)/autograder report --course demo
	@echo
	@echo "The class is an ordinary nbgrader course in demo/:"
	@echo "  the class   demo/report/report.html"
	@echo "  gradebook   demo/gradebook.db      all results   demo/results.json"
	@echo "  feedback    demo/feedback/<student>/<assignment>/<assignment>.html"
	@echo "  again       $(BIN)/autograder grade --course demo     (nothing changed: nothing is executed twice)"
	@echo "  as nbgrader cd demo && ../$(BIN)/nbgrader export && cat grades.csv"
	@echo "  your course $(BIN)/autograder grade                   (grades submitted/)"

test: install
	$(BIN)/ruff check autograder tests benchmarks
	$(BIN)/ruff format --check autograder tests benchmarks
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(JOBS)

attacks: install
	$(BIN)/python -m pytest tests/attacks -m "slow_attack or not slow_attack"

# kills graders at any moment, and starts Dask clusters
e2e: install
	$(BIN)/python -m pytest tests/e2e -m e2e

# JupyterLab and formgrader as an instructor uses them, and hostile pages, in a real browser
browser: install chromium
	$(BIN)/python -m pytest tests/browser -m browser

# every known answer through the engine that grades, and the references in other engines; themes train models again (hours)
prove: install
	$(BIN)/autograder prove
	$(BIN)/python -m pytest tests/content -m slow_theme

build: install
	$(BIN)/autograder build

grade: install
	$(BIN)/autograder grade

# JupyterLab with nbgrader's formgrader on this course, or on another one: make lab COURSE=demo
lab: install
	[ -f $(COURSE)/gradebook.db ] || $(BIN)/autograder build --course $(COURSE)
	cd $(COURSE) && PATH="$(CURDIR)/$(BIN):$$PATH" jupyter lab $$([ "$$(id -u)" != 0 ] || echo --allow-root)

bench: install
	$(BIN)/python -m benchmarks.throughput

# the pictures of the README, from the real program on the demo class
pictures: install chromium
	$(BIN)/python -m benchmarks.pictures

# the documentation as a site; a warning is an error
docs: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build
	@echo "The documentation is in docs/_build/index.html"

types: install
	$(BIN)/mypy

lint: install
	$(BIN)/ruff check --fix autograder tests benchmarks
	$(BIN)/ruff format autograder tests benchmarks

install: $(INSTALLED) sandbox

$(INSTALLED): pyproject.toml requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; name one with PYTHON=..., for example: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements.txt -e '.[test]'
	@touch $@

# bubblewrap closes student code off from this machine; without it grading works, with a warning
sandbox:
	@$(call installed,bwrap,bubblewrap)
	@command -v bwrap >/dev/null 2>&1 || \
	  echo "WARNING: bubblewrap is not installed; student code will run as you. Install it: sudo apt-get install bubblewrap"

# for `make browser` and `make pictures` only; a browser is never downloaded from anywhere else
chromium:
	@$(call installed,chromium,chromium fonts-noto-cjk)
	@command -v chromium >/dev/null 2>&1 || \
	  echo "WARNING: chromium is not installed; tests in the browser are skipped. Install it: sudo apt-get install chromium"

# $(call installed,COMMAND,PACKAGES): where the command is missing, Debian's packages, if that needs no password
define installed
command -v $(1) >/dev/null 2>&1 || [ "$$(uname)" != Linux ] || { \
  if [ "$$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi; \
  if command -v apt-get >/dev/null && { [ -z "$$as_root" ] || $$as_root true 2>/dev/null; }; then \
    ($$as_root apt-get install -y -qq $(2) || ($$as_root apt-get update -qq && $$as_root apt-get install -y -qq $(2))) >/dev/null 2>&1 || true; \
  fi; }
endef

clean:
	rm -rf demo .autograder build docs/_build docs/_made
