# SPDX-License-Identifier: Apache-2.0
# The targets a person types. Each ends in work of one kind; long ones have names of their own.

.PHONY: deps run check check-built lint format bench install clean check-bits

DEPS ?= yes
PREFIX ?= /usr/local
ifeq ($(DEPS),yes)
need = @tools/deps.sh $(1)
else
need = @true
endif

deps: ## install what is missing to build, run and test
	$(call need,check)

run: ## install what is missing, build, open the console on the embedded venue
	$(call need,run)
	@$(MAKE) --no-print-directory -s -j2 all
	@$(BIN) run $(ARGS)

check: ## install what is missing, build, run every test
	$(call need,check)
	@$(MAKE) --no-print-directory -j2 all
	@$(MAKE) --no-print-directory -j2 test-programs
	@$(MAKE) --no-print-directory check-built

SCRIPTS := $(sort $(wildcard tests/lint/*.sh tests/e2e/*.sh))

.PHONY: test-programs
test-programs: $(UNIT_BIN) $(E2E_BIN)

check-built: check-vectors
	@B=$(B) tools/run_tests.sh $(SCRIPTS) $(UNIT_BIN) $(E2E_BIN)

lint: ## clang-tidy and cppcheck over the sources
	$(call need,lint)
	@tools/lint.sh

format: ## clang-format over the sources
	$(call need,lint)
	@git ls-files -- '*.c' '*.h' | xargs clang-format -i

bench: $(BIN) $(BENCH_BIN) ## every figure of README as a ratio against a named alternative
	@for b in $(BENCH_BIN); do echo "== $$b"; $$b || exit 1; done
	@if [ -x tools/bench_live.sh ]; then B=$(B) tools/bench_live.sh; fi

install: $(BIN) ## install under PREFIX (/usr/local)
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/ticktower
	install -D -m 644 config/ticktower.conf $(DESTDIR)$(PREFIX)/share/ticktower/ticktower.conf
	for f in config/market/*; do install -D -m 644 $$f $(DESTDIR)$(PREFIX)/share/ticktower/market/$$(basename $$f); done
	for m in man/*.[157]; do install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$$(basename $$m); done

clean: ## remove everything that was built
	rm -rf build build-asan build-tsan build-bits build-fuzz

.PHONY: soak kill-drill
soak: $(BIN) ## 20 minutes headless: memory, processor time, allocations (MINUTES=20)
	@B=$(B) tools/soak.sh $(or $(MINUTES),20)

kill-drill: $(BIN) $(B)/tests/e2e/test_kill ## the emergency key 200 times at 1x and at 10x (KILLS=200)
	@B=$(B) KILLS=$(or $(KILLS),200) $(B)/tests/e2e/test_kill
