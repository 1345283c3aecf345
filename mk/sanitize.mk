# SPDX-License-Identifier: Apache-2.0
# The sanitizer builds, each in a folder of its own. Both first show that they see planted faults, then run every test
# and whole sessions of the program; the embedded venue is the same build, so that its findings end the session too.

ASAN_ENV := ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1 \
            LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lint/lsan.supp
TSAN_ENV := TSAN_OPTIONS="suppressions=$(CURDIR)/tests/lint/tsan.supp halt_on_error=1 second_deadlock_stack=1 history_size=4"

# sanitized FOLDER, FLAGS, ENVIRONMENT, PLANTED FAULTS
define sanitized
$(call need,check)
@$(MAKE) -s --no-print-directory -j2 B=$(1) SAN="$(2)" OPT="-O1 -g" all test-programs $(1)/tests/tools/planted
@$(3) tests/tools/planted.sh $(1)/tests/tools/planted $(4)
@$(3) TEST_TIMEOUT=900 SANITIZED=1 B=$(1) tools/run_tests.sh tests/tools/sanitized_session.sh tests/e2e/commands.sh \
    $(UNIT_SRC:tests/%.c=$(1)/tests/%) $(E2E_SRC:tests/%.c=$(1)/tests/%)
endef

.PHONY: asan tsan
asan: ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	$(call sanitized,build-asan,-fsanitize=address$(comma)undefined -fno-sanitize-recover=all,$(ASAN_ENV),leak=LeakSanitizer freed=use-after-free undefined=overflow)

tsan: ## the same under ThreadSanitizer
	$(call sanitized,build-tsan,-fsanitize=thread,$(TSAN_ENV),race=race)

comma := ,
