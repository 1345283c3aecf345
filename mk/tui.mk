# SPDX-License-Identifier: Apache-2.0
# Tests of the console that need more than one source file: the terminal emulator and the snapshot generator.
TUI_TEST_SRC := tests/tools/vt.c tests/tools/pty.c tests/e2e/snapgen.c tests/e2e/console_child.c

$(B)/tests/e2e/test_console $(B)/tests/e2e/test_screen: $(B)/tests/e2e/%: tests/e2e/%.c $(TUI_TEST_SRC) $(wildcard tests/tools/*.h tests/e2e/*.h) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests $(LDFLAGS) -o $@ $< $(TUI_TEST_SRC) $(LIB) $(LDLIBS) -lcmocka -lvterm -lutil
