/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which passwords may be set. Pure. Length decides most (NIST SP 800-63B §5.1.1.2): at least 12 signs, no
 * rule about kinds of signs; the common ones, the repetitive ones, and those made of the person's own address
 * are refused.
 */
#ifndef NAVETTE_PASSWORD_RULES_H
#define NAVETTE_PASSWORD_RULES_H

#define PASSWORD_MIN_SIGNS 12
#define PASSWORD_SIZE 257 /* bytes, with the NUL */

enum password_fault {
	PASSWORD_FINE,
	PASSWORD_SHORT,
	PASSWORD_COMMON,
	PASSWORD_REPETITIVE,
	PASSWORD_PERSONAL,
};

enum password_fault password_judge(const char *password, const char *email);
/* A French sentence: what is wrong and what to do. */
const char *password_fault_text(enum password_fault fault);

#endif
