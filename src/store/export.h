// SPDX-License-Identifier: Apache-2.0
// export: a consistent copy of a session database as one self-contained file, made while the session runs.
// The copy is taken through a read connection of its own, so the writer is never blocked; it carries no -wal
// file.
#ifndef TT_STORE_EXPORT_H
#define TT_STORE_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// Copy db_path to out_path (must not exist; written under a temporary name and renamed, 0600). The copy
// passed `quick_check` and is a ticktower session of a known schema version, else *e says so: EXIT_NO_INPUT
// no such file, EXIT_DATA damaged or not ours, EXIT_CANT_CREATE output.
bool export_session(const char *db_path, const char *out_path, struct error *e);

// What a person means by `what`: a path, a session id, or "latest" (NULL: the same) of the sessions in
// <state_dir>/<mode>/sessions. Writes the path to out. False: EXIT_NO_INPUT with one line.
bool export_find(const char *what, const char *state_dir, char *out, size_t cap, struct error *e);

// The name for a copy made now: "<dir>/<session id>-export-20261122T081530Z.123.db".
void export_default_name(const char *db_path, const char *dir, long long wall_ns, char *out, size_t cap);

#endif
