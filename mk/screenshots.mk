# SPDX-License-Identifier: Apache-2.0
# The screens of README: a recorded session through the real engine and console, drawn to SVG. tests/lint/screenshots.sh
# fails when they are stale.
SCREENSHOT     := $(B)/tests/tools/screenshot
SCREENSHOT_SRC := tests/tools/screenshot.c tests/tools/svg.c tests/tools/vt.c

.PHONY: screenshots demo-tape
screenshots: $(SCREENSHOT) ## the screens of README from the recorded session (docs/*.svg)
	@B=$(B) tools/screenshots.sh docs

demo-tape: $(BIN) $(SCREENSHOT) ## record that session anew (after a change of tape format or engine), then the screens
	@B=$(B) tools/demo_tape.sh
	@B=$(B) tools/screenshots.sh docs

test-programs: $(SCREENSHOT)

$(SCREENSHOT): $(SCREENSHOT_SRC) $(wildcard tests/tools/*.h) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests $(LDFLAGS) -o $@ $(SCREENSHOT_SRC) $(LIB) $(LDLIBS) -lvterm
