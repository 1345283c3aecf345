# SPDX-License-Identifier: Apache-2.0
# Every tests/fuzz/fuzz_*.c twice: as a libFuzzer target (make fuzz: clang, it looks for new paths), and together in
# run_cases (make fuzz-long: cases from the kept corpus by a seed, 1e8 of them in two processes; make check runs a few).
# Both long ones under address and undefined-behaviour sanitizers.

FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
CASES    ?= 100000000
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/tests/fuzz/%)
SECONDS  ?= 60

.PHONY: fuzz fuzz-bin
fuzz: ## fuzz the decoders, SECONDS=60 each (clang)
	@$(MAKE) -s B=$(B)/fuzz CC=clang OPT="-O1 -g" SAN="-fsanitize=address,undefined,fuzzer-no-link \
	    -fno-sanitize-recover=all" fuzz-bin
	@for t in $(FUZZ_SRC:tests/fuzz/%.c=%); do \
	    mkdir -p $(B)/fuzz/corpus/$$t $(B)/fuzz/seed/$$t; \
	    $(B)/fuzz/tests/fuzz-cases --write $${t#fuzz_} $(B)/fuzz/seed/$$t || exit 1; \
	    echo "fuzz: $$t for $(SECONDS) s"; \
	    $(FUZZ_ENV) $(B)/fuzz/tests/fuzz/$$t -max_total_time=$(SECONDS) -max_len=8192 -print_final_stats=1 -verbosity=0 \
	        -artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus/$$t $(B)/fuzz/seed/$$t > $(B)/fuzz/$$t.log 2>&1 || \
	        { tail -60 $(B)/fuzz/$$t.log; exit 1; }; \
	    grep number_of_executed_units $(B)/fuzz/$$t.log; \
	done

fuzz-bin: $(FUZZ_BIN) $(B)/tests/fuzz-cases

$(B)/tests/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

# ---- run_cases
FUZZ_CASES     := $(B)/tests/fuzz-cases
FUZZ_CASES_OBJ := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(B)/tests/fuzz-obj/%.o) $(B)/tests/fuzz/run_cases.o
FUZZ_LONG      := build-fuzz/tests/fuzz-cases
FUZZ_ENV       := ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
                  LSAN_OPTIONS=suppressions=tests/fuzz/lsan.supp:print_suppressions=0

.PHONY: fuzz-long check-fuzz fuzz-cases
fuzz-long: ## CASES=100000000 in two processes under sanitizers, same cases everywhere (SEED=)
	@$(MAKE) -s B=build-fuzz OPT="-O2 -g" SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" fuzz-cases
	@for i in 0 1; do \
	    $(FUZZ_ENV) $(FUZZ_LONG) --cases $(CASES) --part $$i/2 $(if $(SEED),--seed $(SEED)) & pids="$$pids $$!"; \
	done; for p in $$pids; do wait $$p || bad=1; done; \
	if [ -n "$$bad" ]; then echo "fuzz: FAILED"; exit 1; fi; echo "fuzz: $(CASES) cases, 0 crashes, 0 differences"

check-fuzz: $(FUZZ_CASES)
	@$(FUZZ_CASES) --cases 200000

check-built: check-fuzz

fuzz-cases: $(FUZZ_CASES)

$(FUZZ_CASES): $(FUZZ_CASES_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(FUZZ_CASES_OBJ) $(LIB) $(LDLIBS)

$(B)/tests/fuzz-obj/%.o: tests/fuzz/fuzz_%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests -DLLVMFuzzerTestOneInput=fuzz_$*_one -DLLVMFuzzerInitialize=fuzz_$*_init -c -o $@ $<

$(B)/tests/fuzz/run_cases.o: CFLAGS += -Itests
