/* SPDX-License-Identifier: EUPL-1.2 */
#include "firmware/core/advertiser.h"

#include "common/wire/bthome.h"
#include "common/wire/bytes.h"

enum { AD_FLAGS = 0x01, AD_SERVICE_DATA_16 = 0x16 };
enum { FLAGS_GENERAL_NO_BREDR = 0x06 };

uint8_t advertiser_build(const uint8_t *service_data, size_t len, uint8_t out[BOARD_AD_MAX])
{
	struct nvt_writer w = nvt_write(out, BOARD_AD_MAX);

	if (len > ADVERTISER_DATA_MAX)
		return 0;
	nvt_put_u8(&w, 2);
	nvt_put_u8(&w, AD_FLAGS);
	nvt_put_u8(&w, FLAGS_GENERAL_NO_BREDR);
	nvt_put_u8(&w, (uint8_t)(1 + 2 + len));
	nvt_put_u8(&w, AD_SERVICE_DATA_16);
	nvt_put_u16le(&w, NVT_BTHOME_UUID);
	nvt_put_bytes(&w, service_data, len);
	return nvt_write_end(&w) ? (uint8_t)w.len : 0;
}
