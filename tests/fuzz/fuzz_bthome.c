/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_wire */
/*
 * Service data as any radio may send it, through the decoder, with and without a key. With the key the same
 * bytes are also taken as an object list and sealed, so that the fuzzer reaches what stands behind the MIC.
 */
#include <assert.h>
#include <string.h>

#include "common/wire/bthome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct nvt_bthome_frame *f)
{
	assert(f->clear_len <= sizeof f->clear && f->n_objects <= NVT_BTHOME_MAX_OBJECTS);
	for (size_t i = 0; i < f->n_objects; i++) {
		const struct nvt_bthome_object *o = &f->objects[i];

		assert(nvt_bthome_kind(o->id) && o->index >= 1);
		assert(o->bytes >= f->clear && o->bytes + o->len <= f->clear + f->clear_len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t key[16] = {1}, address[6] = {0xc0, 1, 2, 3, 4, 5};
	uint8_t sealed[NVT_BTHOME_MAX_DATA];
	struct nvt_bthome_frame clear, open;
	struct nvt_aes128 aes;
	size_t n;

	nvt_aes128_init(&aes, key);
	(void)nvt_bthome_decode(data, len, address, NULL, &clear);
	check(&clear);
	(void)nvt_bthome_decode(data, len, address, &aes, &open);
	check(&open);
	n = nvt_bthome_seal(&aes, address, 7, data, len, sealed, sizeof sealed);
	if (!n)
		return 0;
	assert(nvt_bthome_decode(sealed, n, address, &aes, &open) == NVT_BTHOME_OK);
	assert(open.counter == 7 && open.clear_len == len && !memcmp(open.clear, data, len));
	check(&open);
	return 0;
}
