/* SPDX-License-Identifier: EUPL-1.2 */
/* The command line of navette-inventory (contract cli.md): serve, accounts, maintenance. */
#ifndef NAVETTE_CONSOLE_H
#define NAVETTE_CONSOLE_H

/* Runs the command named by argv[1]. The exit status: 0 done, 1 failed (said on stderr), 2 wrong usage. */
int console_main(int argc, char **argv);

#endif
