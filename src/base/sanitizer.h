// SPDX-License-Identifier: Apache-2.0
// sanitizer: is this a sanitizer build? gcc says so with a macro, clang with a feature. SANITIZED_ADDRESS and
// SANITIZED_THREAD are 0 or 1; what they switch off is what would hide a fault from the sanitizer, and
// nothing else.
#ifndef TT_BASE_SANITIZER_H
#define TT_BASE_SANITIZER_H

#if defined(__has_feature)
#define SANITIZER_FEATURE(x) __has_feature(x)
#else
#define SANITIZER_FEATURE(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || SANITIZER_FEATURE(address_sanitizer)
#define SANITIZED_ADDRESS 1
#else
#define SANITIZED_ADDRESS 0
#endif

#if defined(__SANITIZE_THREAD__) || SANITIZER_FEATURE(thread_sanitizer)
#define SANITIZED_THREAD 1
#else
#define SANITIZED_THREAD 0
#endif

#endif
