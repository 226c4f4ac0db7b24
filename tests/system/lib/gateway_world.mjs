// SPDX-License-Identifier: EUPL-1.2
// The world around a real navette-gateway: a real mosquitto, a service that only verifies and acknowledges, a Bluetooth
// controller that speaks H4, and a Modbus meter behind a line that can be silent or slow. No code of Navette's.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import modbus from 'jsmodbus';
import mqtt from 'mqtt';
import { mac } from './wire.mjs';

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export async function until(what, check, ms = 30000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await wait(20);
  }
}

export function freePort() {
  return new Promise((done) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export class Broker {
  async start(port) {
    this.port = port ?? (await freePort());
    this.dir ??= mkdtempSync(join(tmpdir(), 'navette-broker-'));
    const conf = join(this.dir, 'mosquitto.conf');
    writeFileSync(conf, `user root\nlistener ${this.port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n`);
    this.process = spawn('mosquitto', ['-c', conf], { stdio: 'ignore' });
    this.exited = new Promise((done) => this.process.once('exit', done));
    await until('the broker listens', () => new Promise((done) => {
      const socket = net.connect(this.port, '127.0.0.1', () => { socket.destroy(); done(true); });
      socket.on('error', () => done(false));
    }));
    return this;
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  async stop() {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

// Verifies, keeps its own list, acknowledges what is in order.
export class StandIn {
  constructor(broker, gw = 'gw-0017', key = randomBytes(32)) {
    Object.assign(this, { broker, gw, key, base: `navette/v1/gw/${gw}`, isAcking: true });
    this.batches = [];
    this.next = new Map(); // epoch → the next seq
    this.lost = [];
    this.badMac = 0;
    this.status = [];
    this.stats = [];
    this.arrivals = [];
  }

  get enrolment() {
    return { gateway: this.gw, client_id: this.gw, broker: `mqtt://127.0.0.1:${this.broker.port}`, ca: null, username: this.gw,
      password: 'not-checked-here', mac_key: this.key.toString('base64url') };
  }

  async start() {
    this.client = mqtt.connect(`mqtt://127.0.0.1:${this.broker.port}`, { protocolVersion: 5, clientId: 'stand-in', reconnectPeriod: 200 });
    this.client.on('message', (topic, payload, packet) => this.hear(topic, payload, packet));
    this.client.on('error', () => {});
    await new Promise((done) => this.client.once('connect', done));
    await this.client.subscribeAsync([`${this.base}/up`, `${this.base}/status`, `${this.base}/stat`], { qos: 1 });
    return this;
  }

  hear(topic, payload, packet) {
    const leaf = topic.slice(this.base.length + 1);
    if (leaf === 'stat') return void this.stats.push(JSON.parse(payload));
    if (leaf === 'status') {
      this.status.push({ ...JSON.parse(payload), retained: packet.retain });
      if (this.isAcking) for (const epoch of this.next.keys()) this.ack(epoch);
      return;
    }
    if (packet.properties?.userProperties?.mac !== mac(this.key, topic, payload)) return void this.badMac++;
    const batch = JSON.parse(payload);
    this.arrivals.push({ seq: batch.seq, epoch: batch.epoch, at: Date.now(), bytes: payload.toString() });
    this.take(batch);
  }

  take(batch) {
    const next = this.next.get(batch.epoch) ?? 1;
    if (!this.isAcking) return;
    if (batch.oldest > next) {
      this.lost.push([next, batch.oldest - 1]);
      this.next.set(batch.epoch, batch.oldest);
    }
    if (batch.seq === (this.next.get(batch.epoch) ?? 1)) {
      this.batches.push(batch);
      this.next.set(batch.epoch, batch.seq + 1);
    }
    this.ack(batch.epoch);
  }

  ack(epoch, seq = (this.next.get(epoch) ?? 1) - 1, more = {}) {
    return this.say('ack', { epoch, seq, ...more });
  }

  say(leaf, message, { key = this.key, retain = false } = {}) {
    const topic = `${this.base}/${leaf}`;
    const payload = JSON.stringify(message);
    const properties = key ? { userProperties: { mac: mac(key, topic, payload) } } : {};
    return this.client.publishAsync(topic, payload, { qos: 1, retain, properties }).catch(() => {});
  }

  get reports() {
    return this.batches.flatMap((batch) => batch.reports.map((report) => ({ ...report, boot: batch.boot })));
  }

  stop() {
    return this.client.endAsync(true);
  }
}

export class Gateway {
  constructor(enrolment, conf) {
    this.dir = mkdtempSync(join(tmpdir(), 'navette-gateway-'));
    this.state = join(this.dir, 'state');
    this.conf = join(this.dir, 'gateway.conf');
    this.program = join(process.env.NAVETTE_BUILD ?? join(import.meta.dirname ?? '.', '../../../build/gateway'), 'gateway/navette-gateway');
    writeFileSync(join(this.dir, 'enrolment.json'), JSON.stringify(enrolment));
    writeFileSync(this.conf, `[gateway]\nstate_dir = ${this.state}\nclock_quality = ntp\n${conf}`);
    this.log = '';
  }

  command(...words) {
    return new Promise((done) => {
      const child = spawn(this.program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
      let out = '';
      let err = '';
      child.stdout.on('data', (bytes) => { out += bytes; });
      child.stderr.on('data', (bytes) => { err += bytes; });
      child.once('exit', (code) => done({ code, out, err }));
      this.child = child;
    });
  }

  enrol() {
    return this.command('enrol', join(this.dir, 'enrolment.json'), '--dir', this.state);
  }

  start() {
    this.process = spawn(this.program, ['run', '-c', this.conf, '-v'], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.process.stderr.on('data', (bytes) => { this.log += bytes; });
    this.exited = new Promise((done) => this.process.once('exit', (code, signal) => done(signal ?? code)));
    return until('the gateway is ready', () => this.log.includes('gateway: ready'));
  }

  async stop(signal = 'SIGTERM') {
    this.process.kill(signal);
    const code = await this.exited;
    this.log = this.log.replaceAll('gateway: ready', 'gateway: was ready');
    return code;
  }

  remove() {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

// A controller that speaks H4: answers five commands, and reports only while scanning is on.
export class Controller {
  constructor() {
    this.clients = new Set();
    this.commands = [];
  }

  async start(path) {
    this.path = path;
    this.server = net.createServer((socket) => this.serve(socket));
    await new Promise((done) => this.server.listen(path, done));
    return this;
  }

  serve(socket) {
    let bytes = Buffer.alloc(0);
    this.clients.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.clients.delete(socket));
    socket.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes[3]) {
        const opcode = bytes.readUInt16LE(1);
        this.commands.push(opcode);
        if (opcode === 0x200c) socket.scanning = bytes[4] === 1;
        if (opcode === 0x0c03) socket.scanning = false;
        bytes = bytes.subarray(4 + bytes[3]);
        socket.write(Buffer.from([4, 0x0e, 4, 1, opcode & 255, opcode >> 8, 0]));
      }
    });
  }

  get isScanned() {
    return [...this.clients].some((socket) => socket.scanning);
  }

  raw(bytes) {
    for (const socket of this.clients) if (socket.scanning) socket.write(bytes);
  }

  // service data of UUID fcd2 in one legacy advertising report
  advert(addr, data, rssi = -60) {
    const ad = Buffer.concat([Buffer.from([2, 1, 6, data.length + 3, 0x16, 0xd2, 0xfc]), data]);
    const address = Buffer.from(addr.replaceAll(':', ''), 'hex').reverse();
    const report = Buffer.concat([Buffer.from([2, 1, 3, 1]), address, Buffer.from([ad.length]), ad, Buffer.from([rssi & 255])]);
    this.raw(Buffer.concat([Buffer.from([4, 0x3e, report.length]), report]));
  }

  drop() {
    for (const socket of this.clients) socket.destroy();
  }

  stop() {
    this.drop();
    return new Promise((done) => this.server.close(done));
  }
}

// An SDM120 by jsmodbus, behind a line: "pass", "silent" (no answer), "late" (1.5 s), "exception", "half" (a cut frame).
export class Meter {
  constructor() {
    this.mode = 'pass';
    this.registers = Buffer.alloc(200);
    this.served = [];
  }

  async start() {
    const inner = net.createServer();
    new modbus.server.TCP(inner, { input: this.registers, coils: Buffer.alloc(8), discrete: Buffer.alloc(8), holding: Buffer.alloc(8) });
    await new Promise((done) => inner.listen(0, '127.0.0.1', done));
    this.inner = inner;
    this.line = net.createServer((client) => this.connect(client, inner.address().port));
    await new Promise((done) => this.line.listen(0, '127.0.0.1', done));
    this.port = this.line.address().port;
    return this;
  }

  connect(client, port) {
    const server = net.connect(port, '127.0.0.1');
    let asked = null;
    client.on('data', (bytes) => {
      asked = bytes.readUInt16BE(8);
      if (this.mode === 'exception') {
        client.write(Buffer.from([bytes[0], bytes[1], 0, 0, 0, 3, bytes[6], bytes[7] | 0x80, 2]));
        return;
      }
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (this.mode === 'silent') return;
      if (this.mode === 'half') return void client.write(bytes.subarray(0, 7));
      const answer = () => {
        if (!client.writable) return;
        client.write(bytes);
        if (asked === 12) this.served.push({ at: performance.now(), watts: bytes.readFloatBE(9), mode: this.mode });
      };
      if (this.mode === 'late') setTimeout(answer, 1500);
      else answer();
    });
    for (const [a, b] of [[client, server], [server, client]]) {
      a.on('error', () => b.destroy());
      a.on('close', () => b.destroy());
    }
  }

  draw(watts, kwh) {
    this.registers.writeFloatBE(watts, 24);
    if (kwh !== undefined) this.registers.writeFloatBE(kwh, 144);
  }

  stop() {
    this.line.close();
    this.inner.close();
  }
}
