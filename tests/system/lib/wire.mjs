// SPDX-License-Identifier: EUPL-1.2
// The wire as an outsider would write it from the contract: MAC, sealed BTHome frames, batches. Shares no code with
// Navette: node:crypto and @noble/hashes are the independent peers.
import { blake2b } from '@noble/hashes/blake2b';
import { createCipheriv, randomBytes } from 'node:crypto';

const b64 = (bytes) => Buffer.from(bytes).toString('base64url');

// contract: keyed BLAKE2b-256 over topic, a zero byte, payload; base64url without padding
export function mac(key, topic, payload) {
  const message = Buffer.concat([Buffer.from(topic), Buffer.from([0]), Buffer.from(payload)]);
  return b64(blake2b(message, { key, dkLen: 32 }));
}

// A Navette tag: its truth (active seconds) and the frames it seals.
export class Tag {
  constructor({ addr, key, epoch, counter, active }) {
    this.addr = addr ?? 'c0' + randomBytes(5).toString('hex');
    this.key = key ?? randomBytes(16);
    this.epoch = epoch ?? randomBytes(2).readUInt16LE();
    this.counter = counter ?? 0;
    this.active = active ?? 0;
    this.running = false;
  }

  get address() {
    return this.addr.match(/../g).join(':');
  }

  frame() {
    const o = Buffer.alloc(14);
    o.set([0x00, this.counter & 255, 0x01, 87, 0x27, this.running ? 1 : 0, 0x3d]);
    o.writeUInt16LE(this.epoch, 7);
    o[9] = 0x3e;
    o.writeUInt32LE(this.active, 10);
    return this.seal(o);
  }

  seal(objects) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32LE(this.counter++ >>> 0);
    const nonce = Buffer.concat([Buffer.from(this.addr, 'hex'), Buffer.from([0xd2, 0xfc, 0x41]), counter]);
    const cipher = createCipheriv('aes-128-ccm', this.key, nonce, { authTagLength: 4 });
    const sealed = Buffer.concat([cipher.update(objects), cipher.final()]);
    return Buffer.concat([Buffer.from([0x41]), sealed, counter, cipher.getAuthTag()]).toString('hex');
  }

  report(monoMs, data = this.frame()) {
    return { kind: 'ble', mono_ms: monoMs, addr: this.address, rssi: -60, uuid: 'fcd2', data };
  }
}

// The sequence of sealed batches of one spool, as a gateway keeps it: bytes are fixed when a batch is sealed.
export class Spool {
  constructor({ key, gw, epoch, boot = 1 }) {
    Object.assign(this, { key, gw, epoch: epoch ?? randomBytes(8).toString('hex'), boot, seq: 0, oldest: 1 });
    this.topic = `navette/v1/gw/${gw}/up`;
    this.batches = new Map();
  }

  seal(reports, monoMs, more = {}) {
    const seq = ++this.seq;
    const payload = JSON.stringify({ epoch: this.epoch, seq, oldest: this.oldest, boot: this.boot, mono_ms: monoMs,
      clock: 'none', ...more, reports });
    const batch = { seq, payload, mac: mac(this.key, this.topic, payload) };
    this.batches.set(seq, batch);
    return batch;
  }
}
