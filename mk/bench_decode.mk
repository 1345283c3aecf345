# SPDX-License-Identifier: Apache-2.0
# bench_decode compares with simdjson on-demand where Debian's libsimdjson-dev and g++ are installed. The program itself
# needs neither.
SIMDJSON_PEER := $(if $(and $(wildcard /usr/include/simdjson.h),$(shell command -v g++)),$(B)/tests/bench/simdjson_peer.o)

$(B)/tests/bench/bench_decode: tests/bench/bench_decode.c $(SIMDJSON_PEER) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests $(LDFLAGS) -o $@ $< $(SIMDJSON_PEER) $(LIB) $(LDLIBS) $(if $(SIMDJSON_PEER),-lsimdjson -lstdc++)

# AVX2: what on-demand is best with.
$(B)/tests/bench/simdjson_peer.o: tests/bench/simdjson_peer.cc src/engine/venue/scan_text.h
	@mkdir -p $(@D)
	g++ -std=c++17 -O3 -march=haswell -D_GNU_SOURCE -Isrc -c -o $@ $<
