# SPDX-License-Identifier: Apache-2.0
# Worked cases: every .c file of tests/vectors is one program, so an area adds its adapters as a file of its own.

VECTORS_BIN := $(B)/tests/vectors/run_vectors
VECTORS_SRC := $(sort $(wildcard tests/vectors/*.c))
VECTORS_OBJ := $(VECTORS_SRC:%.c=$(B)/%.o)

.PHONY: vectors check-vectors
vectors: $(VECTORS_BIN) ## run the program's own functions on FILE=path (form of quant.json or venue.json)
	@test -n "$(FILE)" || { echo "usage: make vectors FILE=path/to/file.json" >&2; exit 2; }
	@$(VECTORS_BIN) "$(FILE)"

check-vectors: $(VECTORS_BIN) ## the worked cases in tests/data/vectors, and a file of wrong ones that must fail
	@for f in tests/data/vectors/*.json; do echo "$$f"; $(VECTORS_BIN) $$f || exit 1; done
	@! $(VECTORS_BIN) tests/data/vectors-wrong/wrong.json > $(B)/vectors-wrong.txt
	@grep -qx '0 passed, 7 failed, 1 skipped' $(B)/vectors-wrong.txt
	@echo "tests/data/vectors-wrong/wrong.json fails, as it must"

$(VECTORS_OBJ): CFLAGS += -Itests

$(VECTORS_BIN): $(VECTORS_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(VECTORS_OBJ) $(LIB) $(LDLIBS)
