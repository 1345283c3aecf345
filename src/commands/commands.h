// SPDX-License-Identifier: Apache-2.0
// commands: one function per subcommand. argv[0] is the subcommand's name. Returns the exit code
// (base/error.h).
#ifndef TT_COMMANDS_COMMANDS_H
#define TT_COMMANDS_COMMANDS_H

int cmd_run(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_tape(int argc, char **argv);
int cmd_venue(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
