// SPDX-License-Identifier: EUPL-1.2
// A gateway written from the contract alone, on MQTT.js: whoever holds an enrolment file can act as that gateway.
import mqtt from 'mqtt';
import { Spool, mac } from './wire.mjs';

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export class Peer {
  constructor(enrolment, more = {}) {
    this.enrolment = enrolment;
    this.gw = enrolment.gateway;
    this.key = Buffer.from(enrolment.mac_key, 'base64url');
    this.base = `navette/v1/gw/${this.gw}`;
    this.spool = new Spool({ key: this.key, gw: this.gw, ...more });
    this.acked = 0;
    this.acks = [];
    this.commands = [];
  }

  async connect(overrides = {}) {
    this.client = mqtt.connect(this.enrolment.broker, { protocolVersion: 5, clientId: this.enrolment.client_id,
      username: this.enrolment.username, password: this.enrolment.password, reconnectPeriod: 300, ...overrides });
    this.client.on('message', (topic, payload, packet) => this.hear(topic, payload, packet));
    this.client.on('error', (error) => { this.error = error; });
    await new Promise((done, fail) => {
      const timer = setTimeout(() => fail(this.error ?? new Error('no connection within 20 s')), 20000);
      this.client.once('connect', () => { clearTimeout(timer); done(); });
    });
    await this.client.subscribeAsync([`${this.base}/ack`, `${this.base}/cfg`, `${this.base}/cmd`], { qos: 1 });
    await this.client.publishAsync(`${this.base}/status`, JSON.stringify({ state: 'ready', session: 1, version: 'peer', cfg: 0 }),
      { qos: 1, retain: true });
    return this;
  }

  hear(topic, payload, packet) {
    const given = packet.properties?.userProperties?.mac;
    if (given !== mac(this.key, topic, payload)) {
      this.forged = (this.forged ?? 0) + 1;
      return;
    }
    const message = JSON.parse(payload);
    if (topic.endsWith('/cmd')) this.commands.push(message);
    if (!topic.endsWith('/ack') || message.epoch !== this.spool.epoch) return;
    this.acks.push(message);
    this.acked = Math.max(this.acked, message.seq);
  }

  async send(batch, overrides = {}) {
    await this.client.publishAsync(this.spool.topic, batch.payload,
      { qos: 1, properties: { userProperties: { mac: batch.mac } }, ...overrides });
  }

  // Everything not acknowledged yet, until it is: window of 32, sent again after a second without progress.
  async drain(timeoutMs = 60000) {
    const until = Date.now() + timeoutMs;
    while (this.acked < this.spool.seq) {
      const before = this.acked;
      for (let seq = before + 1; seq <= Math.min(before + 32, this.spool.seq); seq++) await this.send(this.spool.batches.get(seq));
      for (let i = 0; i < 100 && this.acked === before; i++) await wait(20);
      if (Date.now() > until) throw new Error(`${this.gw}: acknowledged ${this.acked} of ${this.spool.seq}`);
    }
  }

  async close() {
    await this.client?.endAsync(true);
  }
}
