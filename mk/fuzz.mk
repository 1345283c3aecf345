# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets: every tests/fuzz/fuzz_*.c, with clang, address and undefined-behaviour sanitizers.

FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/tests/fuzz/%)
SECONDS  ?= 60

.PHONY: fuzz fuzz-bin
fuzz: ## fuzz the decoders, SECONDS=60 each (clang)
	@$(MAKE) -s B=$(B)/fuzz CC=clang OPT="-O1 -g" SAN="-fsanitize=address,undefined,fuzzer-no-link \
	    -fno-sanitize-recover=all" fuzz-bin
	@for t in $(FUZZ_SRC:tests/fuzz/%.c=%); do \
	    mkdir -p $(B)/fuzz/corpus/$$t; tests/fuzz/seeds.sh $$t $(B)/fuzz/seed/$$t; \
	    echo "fuzz: $$t for $(SECONDS) s"; \
	    $(B)/fuzz/tests/fuzz/$$t -max_total_time=$(SECONDS) -max_len=8192 -print_final_stats=1 -verbosity=0 \
	        -artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus/$$t $(B)/fuzz/seed/$$t > $(B)/fuzz/$$t.log 2>&1 || \
	        { tail -60 $(B)/fuzz/$$t.log; exit 1; }; \
	    grep number_of_executed_units $(B)/fuzz/$$t.log; \
	done

fuzz-bin: $(FUZZ_BIN)

$(B)/tests/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)
