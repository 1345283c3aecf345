# SPDX-License-Identifier: Apache-2.0
# ticktower: `make help` lists what there is.
#
# The tree, in the order a newcomer should read it:
#   src/engine/event.h      the one language: events in, actions out
#   src/engine/engine.h     the one function: engine_step
#   src/engine/market       instruments, positions, the tick-ladder book
#   src/engine/signal       streaming features
#   src/engine/strategy     the market maker
#   src/engine/risk         limits: the only door an order can leave by
#   src/engine/order        order state machine, double-entry ledger
#   src/engine/venue        venue session: bytes to events, actions to bytes
#   src/engine/exchange     the simulated exchange behind the embedded venue
#   src/wire                JSON, HTTP/1.1, signing
#   src/store               tapes, session database, export
#   src/live                sockets, threads, processes, signals
#   src/tui                 the console
#   src/commands            one file per subcommand

CC      ?= gcc
B       ?= build
OPT     ?= -O2 -g
SAN     ?=
VERSION := 0.1.0

WARN    := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
# -ffp-contract=off and no -march=native: the same bits on every x86-64-v2 machine (design rule: replays are exact).
CFLAGS  += -std=c11 -D_GNU_SOURCE -DTT_VERSION='"$(VERSION)"' $(OPT) $(WARN) $(SAN) \
           -march=x86-64-v2 -ffp-contract=off -fno-strict-aliasing -fno-omit-frame-pointer -pthread -MMD -MP -Isrc
PKGS    := libwebsockets openssl libsecp256k1 jansson inih sqlite3 libzstd zlib ncursesw
LDLIBS  += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm -pthread
CFLAGS  += $(shell pkg-config --cflags $(PKGS) 2>/dev/null)

LIB_SRC   := $(filter-out src/main.c,$(sort $(wildcard src/*/*.c src/*/*/*.c)))
LIB_OBJ   := $(LIB_SRC:%.c=$(B)/%.o)
LIB       := $(B)/libticktower.a
BIN       := $(B)/ticktower
UNIT_SRC  := $(sort $(wildcard tests/unit/test_*.c tests/protocol/test_*.c))
UNIT_BIN  := $(UNIT_SRC:tests/%.c=$(B)/tests/%)
E2E_SRC   := $(sort $(wildcard tests/e2e/test_*.c))
E2E_BIN   := $(E2E_SRC:tests/%.c=$(B)/tests/%)
BENCH_SRC := $(sort $(wildcard tests/bench/bench_*.c))
BENCH_BIN := $(BENCH_SRC:tests/%.c=$(B)/tests/%)

.PHONY: all help
all: $(BIN)

help: ## this table of contents
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

-include mk/*.mk

$(BIN): $(B)/src/main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(B)/src/main.o $(LIB) $(LDLIBS)

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(B)/tests/%: tests/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS) -lcmocka -lvterm -lutil

-include $(shell find $(B) -name '*.d' 2>/dev/null)
