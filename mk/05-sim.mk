# SPDX-License-Identifier: Apache-2.0
# The simulator: the shipped objects of both sides in one thread on a virtual clock. Every name below is swapped for
# tests/sim's own at link time; nothing in src/ knows. Included before 10-targets.mk, which lists the test programs.

SIM_WRAP := clock_mono_ns clock_wall_ns RAND_bytes getrandom pthread_create pthread_join \
            ws_links_new ws_links_free ws_links_connect ws_links_close ws_links_send ws_links_watch_order \
            ws_links_arm ws_links_service ws_links_bytes ws_links_last_ns \
            tls_conn_new tls_conn_free tls_conn_open tls_conn_step tls_conn_state tls_conn_close tls_conn_read \
            tls_conn_write tls_conn_fd tls_conn_wants_write tls_conn_bytes_out tls_conn_handshakes \
            tls_conn_error tls_conn_authority \
            venue_net_new venue_net_free venue_net_port venue_net_clients venue_net_answer venue_net_upgrade \
            venue_net_send venue_net_close venue_net_flush venue_net_watch venue_net_serve \
            clerk_start clerk_stop clerk_submit clerk_next clerk_release \
            order_conn_warm engine_init engine_step exchange_new exchange_on_market exchange_on_seam exchange_place

SIM_SRC := $(sort $(wildcard tests/sim/sim_*.c))
SIM_OBJ := $(SIM_SRC:%.c=$(B)/%.o)
SIM_BIN := $(patsubst tests/%.c,$(B)/tests/%,$(sort $(wildcard tests/sim/test_*.c)))
UNIT_BIN += $(SIM_BIN)

$(SIM_OBJ): CFLAGS += -Itests

$(SIM_BIN): $(B)/tests/%: tests/%.c $(SIM_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests $(LDFLAGS) $(SIM_WRAP:%=-Wl,--wrap=%) -o $@ $< $(SIM_OBJ) $(LIB) $(LDLIBS) -lcmocka

.PHONY: venue-day
venue-day: $(BIN) $(SIM_BIN) ## 24 hours of venue life in virtual time, with every fault (SEED=n HOURS=24)
	@SEED=$(SEED) HOURS=$(or $(HOURS),24) $(B)/tests/sim/test_venue_day
