/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
/*
 * Any bytes as a document: refused with a reason, or read in every way the cursor knows. What is accepted is
 * UTF-8 without NUL in every text, and printed back it is accepted again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/json.h"
#include "common/daemon/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void read_array(struct json_array *a)
{
	static char text[70000];
	int64_t number;

	while (json_next(a)) {
		struct json_in in = json_element_object(a);

		(void)json_end(&in);
		(void)json_element_i64(a, -5, 5, &number);
		if (json_element_text(a, text, sizeof text))
			check(utf8_valid(text, strlen(text)));
		json_element_print(a, text, 16);
		check(utf8_valid(text, strlen(text)) && strlen(text) < 16);
	}
}

static void read_object(struct json_in *in)
{
	struct json_in inner;
	struct json_array a;
	int64_t number;
	double fraction;
	bool flag;
	char text[8];

	(void)json_maybe_i64(in, "i", -100, JSON_MAX_INT, &number);
	(void)json_maybe_f64(in, "f", -1, 1, &fraction);
	(void)json_maybe_bool(in, "b", &flag);
	if (json_maybe_text(in, "t", text, sizeof text))
		check(utf8_valid(text, strlen(text)));
	inner = json_maybe_object(in, "o");
	json_take_i64(&inner, "i", 0, 9, &number);
	(void)json_end(&inner);
	a = json_maybe_array(in, "a", 20);
	read_array(&a);
	check(utf8_valid(in->field, strlen(in->field)));
}

/* The whole document as the one element of a list, printed and read again. */
static void print_again(const char *bytes, size_t size)
{
	static char printed[500000];
	struct json_out o = {0};
	char *copy = xcalloc(1, size + 1);
	struct json_doc *doc;
	struct json_in in;
	struct json_array a;

	memcpy(copy, bytes, size);
	json_open_object(&o, NULL);
	json_open_array(&o, "a");
	json_put_raw(&o, NULL, copy);
	json_close_array(&o);
	json_close_object(&o);
	/* two levels more than the document: too deep is no fault here */
	doc = json_parse(o.bytes, o.len, o.len, NULL);
	in = json_in(doc);
	a = json_maybe_array(&in, "a", 1);
	if (json_next(&a)) {
		json_element_print(&a, printed, sizeof printed);
		json_free(doc);
		doc = json_parse(printed, strlen(printed), sizeof printed, NULL);
		check(doc != NULL);
	}
	json_free(doc);
	json_out_free(&o);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = NULL;
	struct json_doc *doc = json_parse((const char *)data, size, JSON_LIMIT, &why);
	struct json_in in = json_in(doc);

	check((doc == NULL) == (why != NULL));
	if (doc == NULL)
		return 0;
	read_object(&in);
	(void)json_end(&in);
	json_free(doc);
	print_again((const char *)data, size);
	return 0;
}
