// SPDX-License-Identifier: EUPL-1.2
// The MAC between gateway and service, by another library than the programs': keyed BLAKE2b-256 over
// topic ‖ 0x00 ‖ payload, base64url without padding.
import { blake2b } from "@noble/hashes/blake2b";

export function macOf(key, topic, payload) {
	const message = Buffer.concat([Buffer.from(topic), Buffer.from([0]), Buffer.from(payload)]);
	const mac = blake2b(message, { key: Buffer.from(key, "base64url"), dkLen: 32 });
	return Buffer.from(mac).toString("base64url");
}
