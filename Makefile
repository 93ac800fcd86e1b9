# Two commands do everything: `make run` and `make test`.
PYTHON ?= python3
export NO_MKDOCS_2_WARNING := 1
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin
RUNGS ?= 2

.PHONY: run test coverage mutants lint docs serve tutorial bench picture peers power conformance campaign fuzz clean

run: .venv/run  ## install, then write ResNet-50's report: the package's main job
	$(BIN)/cnnmath report resnet50 --output build/resnet50

test: .venv/dev lint  ## linters, types, import contracts, tests; these build the documentation strictly and open it
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

coverage: .venv/dev  ## lines and branches that the tests do not reach
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

FILES ?= $(wildcard cnnmath/numeric/*.py cnnmath/numeric/methods/*.py)
BUDGET ?= 0
mutants: .venv/mutation  ## small mistakes in FILES that no test sees; BUDGET=20m ends it early
	-HYPOTHESIS_PROFILE=mutants timeout --foreground --signal=INT $(BUDGET) \
		$(BIN)/mutmut run --max-children 1 $(patsubst %.py,"%.*",$(subst /,.,$(FILES)))
	$(BIN)/python -m tests.mutants $(FILES)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

docs: .venv/dev  ## the site, in build/site
	$(BIN)/mkdocs build --strict --site-dir build/site

serve: .venv/dev  ## the site, rebuilt while one edits
	$(BIN)/mkdocs serve

tutorial: .venv/dev  ## LeNet-5 learns digits, in a minute or two; its figure is that of the page
	$(BIN)/python docs/tutorials/lenet5_digits.py --output build/tutorial
	cp build/tutorial/lenet5_digits.svg docs/tutorials/

bench: .venv/dev  ## ratios of speed and memory beside other libraries, into docs/benchmarks.md
	$(BIN)/python -m tests.bench --write docs/benchmarks.md

picture: .venv/dev  ## the drawing of the README
	$(BIN)/python -c "from cnnmath import analyze, plot, zoo; \
		plot.save_figure(plot.draw(analyze(zoo.resnet18())), 'docs/assets/resnet18.svg')"

peers: .venv/dev  ## certificates for kernels of other libraries, a thousand settings of each library and format
	$(BIN)/python -m tests.peers

power: .venv/dev  ## which rung sees each known mistake, beside what people do, into docs/power.md; MINUTES=9 for a sample
	$(BIN)/python -m tests.bench.power --write docs/power.md $(if $(filter command line,$(origin MINUTES)),--minutes $(MINUTES))

conformance: .venv/dev  ## ONNX's own cases of every operator that is claimed, into docs/conformance.md
	$(BIN)/python -m tests.interchange.onnx.conformance --write docs/conformance.md

campaign: SHELL := /bin/bash
campaign: .venv/run  ## the package's kernels at 10,000 settings; stopped by Ctrl-C, it goes on where it was
	mkdir -p build
	time $(BIN)/cnnmath verify --settings 10000 --rungs $(RUNGS) --limit 600 --log build/campaign-$(RUNGS).jsonl

MINUTES ?= 60
fuzz: .venv/dev  ## models of ONNX, changed at random, for MINUTES; what is wrong is kept in build/fuzz
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

.venv/run: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	$(BIN)/python -m compileall -q cnnmath
	touch $@

.venv/dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	$(BIN)/python -m compileall -q cnnmath
	touch $@ .venv/run

.venv/mutation: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[mutation]"
	touch $@ .venv/dev .venv/run

clean:
	rm -rf .venv build mutants
