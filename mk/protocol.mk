# SPDX-License-Identifier: Apache-2.0
# Foreign clients against the embedded venue: ccxt and others, installed into a virtual environment of the project's
# own by pip, versions and hashes as pinned in tests/protocol/ccxt/requirements.txt. FLOW=text: only the flows whose
# name contains it.

PROTOCOL_VENV := $(B)/venv-protocol
PROTOCOL_REQ  := tests/protocol/ccxt/requirements.txt
BOOK_AT       := $(B)/tests/protocol/ccxt/book_at

.PHONY: check-protocol
check-protocol: ## ccxt and other foreign clients against the embedded venue, 3 minutes
	$(call need,protocol)
	@$(MAKE) --no-print-directory -s -j2 all $(BOOK_AT) $(PROTOCOL_VENV)/installed
	@TICKTOWER=$(BIN) BOOK_AT=$(BOOK_AT) $(PROTOCOL_VENV)/bin/python -B tests/protocol/ccxt/check.py "$(FLOW)"

$(PROTOCOL_VENV)/installed: $(PROTOCOL_REQ)
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { echo \
	    "check-protocol: needs python3 and its venv module (Debian: python3 python3-venv)" >&2; exit 1; }
	@mkdir -p $(B) && rm -rf $(PROTOCOL_VENV) && python3 -m venv $(PROTOCOL_VENV)
	@$(PROTOCOL_VENV)/bin/python -m pip --disable-pip-version-check install -q --no-deps --only-binary :all: \
	    --require-hashes -r $(PROTOCOL_REQ) 2> $(B)/venv-protocol.log || { tail -2 $(B)/venv-protocol.log >&2; \
	    echo \
	    "check-protocol: the clients pinned in $(PROTOCOL_REQ) cannot be installed; is the network there? $(B)/venv-protocol.log" >&2; exit 1; }
	@touch $@

$(BOOK_AT): tests/protocol/ccxt/book_at.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)
