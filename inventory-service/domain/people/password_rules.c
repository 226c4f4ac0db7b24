/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/people/password_rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Shorter ones are refused by their length; the file holds those of 12 signs and more, in lower case. */
static const char *const common[] = {
#include "inventory-service/domain/people/common_passwords.inc"
};

#define MIN_DISTINCT 5

static char lower(char sign)
{
	return sign >= 'A' && sign <= 'Z' ? (char)(sign - 'A' + 'a') : sign;
}

static size_t count_signs(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80; /* not a UTF-8 continuation */
	return n;
}

static size_t count_distinct(const char *s)
{
	bool seen[256] = {false};
	size_t n = 0;

	for (; *s; s++) {
		n += !seen[(unsigned char)*s];
		seen[(unsigned char)*s] = true;
	}
	return n;
}

static bool same_folded(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

static bool is_common(const char *password)
{
	size_t len = strlen(password);

	for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
		if (strlen(common[i]) == len && same_folded(password, common[i], len))
			return true;
	return false;
}

/* The address itself, or its first part with at most three signs around it. */
static bool is_personal(const char *password, const char *email)
{
	size_t len = strlen(password), name_len = strcspn(email, "@");

	if (strlen(email) == len && same_folded(password, email, len))
		return true;
	if (name_len < 4 || name_len > len || len - name_len > 3)
		return false;
	for (size_t i = 0; i + name_len <= len; i++)
		if (same_folded(password + i, email, name_len))
			return true;
	return false;
}

enum password_fault password_judge(const char *password, const char *email)
{
	if (count_signs(password) < PASSWORD_MIN_SIGNS)
		return PASSWORD_SHORT;
	if (count_distinct(password) < MIN_DISTINCT)
		return PASSWORD_REPETITIVE;
	if (is_common(password))
		return PASSWORD_COMMON;
	return is_personal(password, email) ? PASSWORD_PERSONAL : PASSWORD_FINE;
}

const char *password_fault_text(enum password_fault fault)
{
	switch (fault) {
	case PASSWORD_FINE:
		return "";
	case PASSWORD_SHORT:
		return "Choisissez un mot de passe d'au moins 12 signes. Une phrase de quatre mots convient "
		       "bien.";
	case PASSWORD_COMMON:
		return "Ce mot de passe est trop répandu. Choisissez une phrase qui vous est propre.";
	case PASSWORD_REPETITIVE:
		return "Ce mot de passe répète trop peu de signes différents. Choisissez une phrase de "
		       "quatre mots.";
	case PASSWORD_PERSONAL:
		return "Ce mot de passe reprend votre adresse. Choisissez une phrase qui n'en contient pas.";
	}
	return "";
}
