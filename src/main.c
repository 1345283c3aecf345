// SPDX-License-Identifier: Apache-2.0
// The table of subcommands and nothing else.
#include <stdio.h>

int main(void)
{
    return 0;
}
