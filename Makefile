# The two commands are `make demo` and `make test`; each does all its set-up.
# `make check` is quick and for every change.

VENV := .venv
BIN := $(VENV)/bin
# One test process more than cores: many tests wait. A slow machine can be told fewer.
JOBS ?= $(shell expr $$(nproc) + 1)
# Compiled code is kept: a hundred tests start programs of ours, and compiling takes longer.
export PYTHONDONTWRITEBYTECODE :=
# Real servers and tools to test with, as package:program (Debian's names). What cannot be installed
# is named, and the tests that need it are skipped with that reason.
SERVERS := curl:curl prometheus:promtool prometheus-alertmanager:amtool \
  prometheus-node-exporter:prometheus-node-exporter \
  prometheus-snmp-exporter:prometheus-snmp-exporter \
  victoria-metrics:victoria-metrics influxdb:influxd \
  mosquitto:mosquitto mosquitto-clients:mosquitto_sub bsdutils:logger \
  snmpd:snmpd snmp:snmpget ipmitool:ipmitool openipmi:ipmi_sim \
  systemd:systemd-analyze util-linux:unshare mount:mount e2fsprogs:mkfs.ext2 openssl:openssl \
  gcc:gcc libc6-dev nginx:nginx man-db:man groff-base:groff chromium:chromium fonts-noto-cjk

# Grafana's own components and what bundles them; Node comes with the development environment.
PREVIEW := dashboards/preview
NODE := cd $(PREVIEW) && PATH="$(abspath $(BIN)):$$PATH"

.PHONY: help demo test audit mutants faults check format lock bench docs fuzz dashboards preview \
  release package clean

help:
	@echo "make demo    a simulated site, an agent, a database and the board; Ctrl-C ends it"
	@echo "make test    all tests, against real servers"
	@echo "make check   format, lint, types, layers: quick"
	@echo "make preview the generated dashboards drawn with Grafana's own components,"
	@echo "             from the demo's database or ARGS='--prometheus URL'"
	@echo "make fuzz    atheris on every parser, 20 s each (ARGS=\"--seconds 60 redfish\");"
	@echo "             what it finds becomes a case"
	@echo "make audit   ten thousand made-up sites and files, judged by a second reading of the"
	@echo "             definitions; an hour at most, on all cores"
	@echo "             (ARGS=\"--cases 500 --seconds 300 --jobs 1 bills\")"
	@echo "make faults  twenty-four faults at full size, on real databases; writes docs/reliability.md"
	@echo "             (ARGS=\"--seconds-each 600 3 5\" for some of them)"
	@echo "make mutants faults planted one at a time, which the tests must notice"
	@echo "make package archive, wheel and Debian package, tried as their users would"
	@echo "make release the wheel, and its bill of materials in CycloneDX's format"
	@echo "make bench   memory, CPU, exposition, push and SNMP beside the peers, in one run"

demo: $(VENV)/.runtime
	@tools/packages --optional victoria-metrics:victoria-metrics
	@$(BIN)/hubgauge demo $(ARGS)

test: $(VENV)/.dev $(VENV)/.servers $(PREVIEW)/dist/preview.js
	$(BIN)/python -m pytest $(if $(ARGS),,--cov) -n $(JOBS) \
	  --dist loadscope --no-loadscope-reorder $(ARGS)

audit: $(VENV)/.dev $(VENV)/.servers
	$(BIN)/python -m tests.reference.audit $(ARGS)

mutants: $(VENV)/.dev $(VENV)/.servers
	$(BIN)/python -m tests.mutants $(ARGS)

faults: $(VENV)/.dev $(VENV)/.servers
	$(BIN)/python -m tests.faults $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config pyproject.toml

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev $(VENV)/.servers
	$(BIN)/python -m bench $(ARGS)

preview: $(VENV)/.dev $(PREVIEW)/dist/preview.js
	$(BIN)/python -m dashboards.preview $(ARGS)

$(PREVIEW)/dist/preview.js: $(PREVIEW)/node_modules/.package-lock.json $(PREVIEW)/build.mjs $(wildcard $(PREVIEW)/src/*)
	@$(NODE) node build.mjs

$(PREVIEW)/node_modules/.package-lock.json: $(PREVIEW)/package-lock.json | $(VENV)/.dev
	@$(NODE) npm ci --silent
	@touch $@

# What is generated from the code and kept beside it.
docs: $(VENV)/.dev
	$(BIN)/python tools/config_reference.py
	$(BIN)/python tools/devices_reference.py
	$(BIN)/python tools/metrics_reference.py
	$(BIN)/python tools/kpi_reference.py

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz $(ARGS)

dashboards: $(VENV)/.runtime
	$(BIN)/hubgauge dashboards build --out deploy/grafana/dashboards/en --language en
	$(BIN)/hubgauge dashboards build --out deploy/grafana/dashboards/zh --language zh
	$(BIN)/hubgauge rules build --out deploy/prometheus/rules

# What is handed out, built and tried as its users would.
package: $(VENV)/.dev
	@tools/try_packages

# A wheel, and the bill of materials (CycloneDX) of the packages that it is pinned to.
release: $(VENV)/.dev
	$(BIN)/uv build --quiet --wheel --out-dir dist .
	$(BIN)/cyclonedx-py requirements --output-reproducible --output-format JSON \
	  --output-file dist/hubgauge.cdx.json locks/runtime.lock

LOCK := $(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --extra all --group build pyproject.toml

# The lock files are for every platform and Python from 3.11 on, with hashes.
lock: $(VENV)/.dev
	$(LOCK) -o locks/runtime.lock
	$(LOCK) --group dev -o locks/dev.lock

$(VENV)/.runtime: locks/runtime.lock pyproject.toml tools/bootstrap
	@tools/bootstrap $(VENV) locks/runtime.lock
	@touch $@

$(VENV)/.dev: locks/dev.lock pyproject.toml tools/bootstrap
	@tools/bootstrap $(VENV) locks/dev.lock
	@touch $@ $(VENV)/.runtime

$(VENV)/.servers: Makefile tools/packages | $(VENV)/.dev
	@tools/packages --optional $(SERVERS)
	@touch $@

clean:
	rm -rf $(VENV) $(PREVIEW)/dist $(PREVIEW)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
