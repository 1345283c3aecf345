// SPDX-License-Identifier: Apache-2.0
// One planted fault of each kind, so that `make asan` and `make tsan` show first that they can fail: a build
// that lost its flags, or a suppression that covers too much, would call everything clean. Run by
// tests/tools/planted.sh only.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int shared;

static void *add(void *arg)
{
    for (int i = 0; i < 100000; i++) {
        shared = shared + 1;
    }
    return arg;
}

static void race(void)
{
    pthread_t t[2];
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&t[i], NULL, add, NULL) != 0) {
            abort();
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(t[i], NULL);
    }
}

static void leak(void)
{
    void *volatile p = malloc(12345);
    memset(p, 1, 12345);
    p = NULL;
}

static void freed(void)
{
    char *volatile p = malloc(16);
    free(p);
    shared = p[3];
}

static void undefined(volatile int32_t large)
{
    shared = large + large;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    if (strcmp(kind, "race") == 0) {
        race();
    } else if (strcmp(kind, "leak") == 0) {
        leak();
    } else if (strcmp(kind, "freed") == 0) {
        freed();
    } else if (strcmp(kind, "undefined") == 0) {
        undefined(INT32_MAX);
    } else {
        fprintf(stderr, "usage: planted race|leak|freed|undefined\n");
        return 2;
    }
    return 0;
}
