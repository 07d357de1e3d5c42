# Everything starts here: `make demo` on a fresh machine, `make check` before a commit.
PYTHON ?= python3
BIN := .venv/bin
LOCAL := .venv/.installed-local
DEV := .venv/.installed-dev
BENCH := .build/bench-venv/.installed
ALL_PINS = $(PINS) requirements-dev.txt
PINS := requirements.txt requirements-local.txt $(wildcard stacks/layers/*.txt)
# jsii (which CDK runs on) wants the virtual environment's own Node.js
export PATH := $(CURDIR)/$(BIN):$(PATH)
CDK := npx --yes aws-cdk@2.1148.1

.DEFAULT_GOAL := help
.PHONY: help demo up test lint check synth openapi isolation bench doctor deploy destroy audit sbom hashes clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(LOCAL) ## install, start the whole stack here, show chat, summaries and a bulk run, stop
	@$(BIN)/python -m local demo

up: $(LOCAL) ## start the whole stack here and keep it running (API :8080, AWS APIs :4566)
	@$(BIN)/python -m local up

# Half of the time goes to tests on a running stack, which mostly waits: they run beside the others.
test: $(DEV) ## run all tests, offline
	@mkdir -p .build
	@$(BIN)/python -m local synth > .build/synth.log 2>&1 || { cat .build/synth.log; exit 1; }
	@$(BIN)/python -m pytest tests/e2e > .build/e2e.log 2>&1 & beside=$$!; \
	$(BIN)/python -m pytest --ignore=tests/e2e; rest=$$?; \
	wait $$beside; e2e=$$?; cat .build/e2e.log; exit $$((rest + e2e))

lint: $(DEV) ## formatting, style, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

synth: $(LOCAL) ## synthesize the templates without bundling, into .build/cdk.out, and hold them against cdk-nag's rules
	@$(BIN)/python -m local synth --checked

bench: $(LOCAL) $(BENCH) ## measure against bare boto3 and Powertools, into benchmarks/RESULTS.md; then the local stack, 2,000 drops and a bulk run of 20,000 documents (hours)
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.local_stack
	@$(BIN)/python -m benchmarks.drops
	@$(BIN)/python -m benchmarks.rag overhead
	@$(BIN)/python -m benchmarks.rag first-token
	@$(BIN)/python -m benchmarks.retrieval
	@$(BIN)/python -m benchmarks.bulk_run

check: lint synth test ## the whole gate, the same as CI

openapi: $(LOCAL) ## write docs/openapi.json and docs/reference.md from what the handlers decode, encode and raise
	@$(BIN)/python -m ops openapi

isolation: $(DEV) ## write docs/isolation.md from the verdicts that the tests hold
	@$(BIN)/python -m tests.e2e.verdicts

deploy: $(LOCAL) ## deploy to the AWS account of your credentials (plain `cdk deploy`)
	@$(CDK) deploy --all --app "$(BIN)/python app.py" --output .build/cdk.deploy $(CDKFLAGS)

doctor: $(LOCAL) ## whether the deployment of your credentials is well, and what it costs while it is idle
	@$(BIN)/python -m ops doctor

destroy: $(LOCAL) ## remove the stacks, print what `retention: keep` leaves behind and its monthly cost
	@$(CDK) destroy --all --app "$(BIN)/python app.py" --output .build/cdk.deploy $(CDKFLAGS)
	@$(BIN)/python -m ops remains --finish-destroy

audit: $(DEV) ## ask PyPI's advisories about every pinned package (needs the network; not part of `check`)
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off $(foreach file,$(ALL_PINS),--requirement $(file))

sbom: $(DEV) ## write what ships and what builds it as CycloneDX JSON into .build/sbom
	@mkdir -p .build/sbom
	@$(foreach file,$(ALL_PINS),PYTHONWARNINGS=ignore $(BIN)/cyclonedx-py requirements $(file) --pyproject pyproject.toml --output-reproducible --output-format JSON --output-file .build/sbom/$(basename $(notdir $(file))).cdx.json &&) ls -1 .build/sbom/*

hashes: $(DEV) ## after a pin was edited: write the hashes of its files beneath it (needs the network)
	@$(BIN)/python .ci/hash_requirements.py

clean: ## remove what was built here (not .venv)
	@rm -rf .build cdk.out catalog/compiled.json .mypy_cache .ruff_cache .pytest_cache .hypothesis

# what we compare with has a place of its own: it must not reach what we ship
$(BENCH): benchmarks/requirements.txt stacks/layers/core.txt
	@$(PYTHON) -m venv .build/bench-venv
	@.build/bench-venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r stacks/layers/core.txt
	@.build/bench-venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/requirements.txt
	@touch $@

$(LOCAL): $(PINS)
	@$(call install,requirements-local.txt,about 1.1 GB)
	@touch $@

$(DEV): requirements-dev.txt $(PINS)
	@$(call install,requirements-dev.txt,about 1.4 GB)
	@touch $@ $(LOCAL)

define install
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Quarry needs Python 3.11 or newer; this is `$(PYTHON) --version`. Try: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }; \
echo "Installing $(1) into .venv ($(2), 1 to 4 minutes, once) ..."; begin=$$(date +%s); \
test -x $(BIN)/python || $(PYTHON) -m venv .venv || exit 1; \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(1) || exit 1; \
echo "Installed: $$(du -sh .venv | cut -f1) in $$(( $$(date +%s) - begin )) s."
endef
