# SPDX-License-Identifier: Apache-2.0
# test_payloads reads its fixtures with the adapters of tests/vectors.

PAYLOADS_BIN := $(B)/tests/protocol/test_payloads
PAYLOADS_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out tests/vectors/run_vectors.c,$(sort $(wildcard tests/vectors/*.c)))) \
                $(B)/tests/vectors/run_vectors_lib.o

.PHONY: check-payloads
check-payloads: $(PAYLOADS_BIN) ## every prefix and all 255 changes of every byte of the venue payloads (minutes)
	@$(PAYLOADS_BIN) --full

$(PAYLOADS_BIN): tests/protocol/test_payloads.c $(PAYLOADS_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests $(LDFLAGS) -o $@ $< $(PAYLOADS_OBJ) $(LIB) $(LDLIBS) -lcmocka

$(B)/tests/vectors/run_vectors_lib.o: tests/vectors/run_vectors.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests -Dmain=run_vectors_main -c -o $@ $<

$(B)/tests/vectors/run_vectors_lib.o: CFLAGS += -Wno-missing-prototypes
