// SPDX-License-Identifier: EUPL-1.2
// quiet: it mostly waits
// tsan: the radio's thread and the sender
// A real gateway between a simulated radio and a service that keeps its own list: nothing leaves the spool before its
// ack, nothing without the service's mac moves anything, whatever is killed.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Broker, Controller, Gateway, StandIn, until, wait } from './lib/gateway_world.mjs';

let broker, service, radio, gateway;
const heard = []; // what the radio sent, in hex

before(async () => {
  broker = await new Broker().start();
  service = await new StandIn(broker).start();
  gateway = new Gateway(service.enrolment, '');
  radio = await new Controller().start(join(gateway.dir, 'hci'));
  writeFileSync(gateway.conf, `${readFileSync(gateway.conf)}[source ble-1]\nhci = unix:${radio.path}\n`);
  assert.equal((await gateway.enrol()).code, 0);
  await gateway.start();
  await until('the scan', () => radio.isScanned);
});

after(async () => {
  await gateway.stop('SIGKILL');
  await service.stop();
  await broker.stop();
  await radio.stop();
  gateway.remove();
});

function say(addr = 'c0:98:e5:12:34:56', data = randomBytes(20)) {
  radio.advert(addr, data);
  heard.push(data.toString('hex'));
  return data.toString('hex');
}

const arrived = () => service.reports.map((report) => report.data);
const allArrived = () => until('all that was heard', () => heard.every((data) => arrived().includes(data)));

test('the controller was started by the five commands, in order, and enrolment is for its owner only', () => {
  assert.deepEqual(radio.commands.slice(0, 5), [0x0c03, 0x0c01, 0x2001, 0x200b, 0x200c]);
  assert.equal(statSync(join(gateway.state, 'enrolment.json')).mode & 0o777, 0o600);
});

test('a frame arrives as it was sent, the address in display order, within two seconds', async () => {
  const at = Date.now();
  const data = say('c0:98:e5:12:34:56');
  const report = await until('the frame', () => service.reports.find((r) => r.data === data));
  console.log(`# frame to service: ${Date.now() - at} ms`);
  assert.equal(report.addr, 'c0:98:e5:12:34:56');
  assert.equal(report.uuid, 'fcd2');
  assert.equal(report.rssi, -60);
  assert.ok(Math.abs(report.t_ms - at) < 60000);
});

test('repeats, strangers and garbage are kept back and counted; what follows still arrives', async () => {
  const n = service.reports.length;
  const data = Buffer.from(say(), 'hex');
  for (let i = 0; i < 5; i++) radio.advert('c0:98:e5:12:34:56', data);
  radio.raw(Buffer.from([4, 0x3e, 3, 2, 200, 1])); // a report that is cut within its event
  radio.raw(Buffer.from([4, 0x13, 5, 1, 2, 0, 1, 0])); // another event
  say('c0:98:e5:00:00:02');
  await allArrived();
  assert.equal(service.reports.length, n + 2);
  radio.raw(Buffer.from([0xff, 0xff])); // out of step: connects anew
  await until('a new connection', () => radio.commands.length >= 10 && radio.isScanned);
  say('c0:98:e5:00:00:03');
  await allArrived();
  radio.drop();
  await until('a third connection', () => radio.commands.length >= 15 && radio.isScanned);
  say('c0:98:e5:00:00:04');
  await allArrived();
});

test('without acks at most 32 batches are in flight, and all arrive once in order when acks come again', async () => {
  service.isAcking = false;
  const from = service.arrivals.length;
  for (let i = 0; i < 40; i++) {
    say(`c0:98:e5:00:01:${String(i).padStart(2, '0')}`);
    await until('its batch', () => service.arrivals.length > from + Math.min(i, 31));
    await wait(i < 32 ? 0 : 30);
  }
  await wait(1500);
  const seqs = new Set(service.arrivals.slice(from).map((a) => a.seq));
  assert.equal(seqs.size, 32);
  service.isAcking = true;
  await service.say('ack', { epoch: service.arrivals.at(-1).epoch, seq: [...seqs][0] - 1 });
  await wait(2500);
  await service.say('ack', { epoch: service.arrivals.at(-1).epoch, seq: [...seqs][0] - 1 });
  await allArrived();
  const batches = service.batches.map((b) => b.seq);
  assert.deepEqual(batches, batches.map((_, i) => i + 1));
});

test('a forged ack, cmd and cfg, and a replayed cmd, change nothing and are counted', async () => {
  const epoch = service.arrivals.at(-1).epoch;
  const last = service.batches.at(-1).seq;
  service.isAcking = false;
  const data = say('c0:98:e5:00:02:01');
  await until('its batch', () => service.arrivals.at(-1).bytes.includes(data));
  await service.say('ack', { epoch, seq: last + 1 }, { key: randomBytes(32) });
  await service.say('ack', { epoch, seq: last + 1 }, { key: null });
  await service.say('cmd', { n: 900, do: 'resend', epoch, from_seq: 1 }, { key: randomBytes(32) });
  await service.say('cmd', { n: 10, do: 'resend', epoch, from_seq: 2 });
  await until('the resend', () => service.arrivals.filter((a) => a.seq === 2).length === 2);
  await service.say('cmd', { n: 10, do: 'resend', epoch, from_seq: 1 });
  await wait(1000);
  assert.equal(service.arrivals.filter((a) => a.seq === 1).length, 1, 'a replayed cmd is not obeyed');
  for (const seq of [2, last + 1]) {
    const bytes = service.arrivals.filter((a) => a.epoch === epoch && a.seq === seq).map((a) => a.bytes);
    assert.equal(new Set(bytes).size, 1, 'a resend is byte-identical');
  }
  await until('the alert', () => service.stats.some((s) => s.alerts.bad_mac === 3 && s.alerts.replayed === 1));
  service.isAcking = true;
  await service.ack(epoch);
  await allArrived();
});

test('kill -9 of gateway and broker, twenty times each: what was sealed arrives, nothing twice', async () => {
  for (let i = 0; i < 20; i++) {
    say(`c0:98:e5:01:${String(i).padStart(2, '0')}:01`);
    await wait(250 + 37 * (i % 7)); // sealed within 200 ms of the first frame after a quiet second
    if (i % 2 === 0) {
      const data = heard.at(-1);
      await until('sealed', () => service.arrivals.some((a) => a.bytes.includes(data)) || broker.process.exitCode !== null, 5000);
    }
    await Promise.all([gateway.stop('SIGKILL'), broker.kill()]);
    const data = heard.at(-1);
    if (!service.arrivals.some((a) => a.bytes.includes(data)) && !readSpool().includes(data)) heard.pop(); // it died unsealed
    await broker.start(broker.port);
    await gateway.start();
    await until('the scan', () => radio.isScanned);
  }
  say('c0:98:e5:01:99:01');
  await allArrived();
  const seen = new Set();
  for (const batch of service.batches) {
    assert.ok(!seen.has(`${batch.epoch} ${batch.seq}`));
    seen.add(`${batch.epoch} ${batch.seq}`);
  }
  assert.equal(service.lost.length, 0);
  assert.equal(service.badMac, 0);
});

function readSpool() {
  const dir = join(gateway.state, 'spool');
  return spoolFiles(dir).map((file) => readFileSync(file, 'latin1')).join('');
}

function spoolFiles(dir) {
  return readdirSync(dir).filter((name) => name.endsWith('.seg')).sort().map((name) => join(dir, name));
}

test('a damaged spool is put aside, and its whole records arrive under a new epoch', async () => {
  service.isAcking = false;
  const first = say('c0:98:e5:00:03:01');
  await until('sealed', () => service.arrivals.at(-1)?.bytes.includes(first));
  await wait(1000);
  const second = say('c0:98:e5:00:03:02');
  await until('sealed', () => service.arrivals.at(-1)?.bytes.includes(second));
  const epoch = service.arrivals.at(-1).epoch;
  await gateway.stop();
  const file = spoolFiles(join(gateway.state, 'spool')).at(-1);
  const bytes = readFileSync(file);
  bytes[bytes.indexOf(first) + 3] ^= 0x55;
  writeFileSync(file, bytes);
  service.isAcking = true;
  await gateway.start();
  await until('the second under a new epoch', () => service.batches.some((b) => b.epoch !== epoch && JSON.stringify(b).includes(second)));
  assert.match(gateway.log, /damaged segment put aside/);
  heard.splice(heard.indexOf(first), 1);
  say('c0:98:e5:00:03:03');
  await allArrived();
});

test('SIGTERM stops within five seconds and says that the gateway is gone; memory stays small', async () => {
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8'))[1]);
  const isSanitized = /lib[at]san/.test(readFileSync(`/proc/${gateway.process.pid}/maps`, 'utf8'));
  console.log(`# resident: ${rss} kB`);
  assert.ok(isSanitized || rss <= 8192, `${rss} kB`);
  const at = Date.now();
  assert.equal(await gateway.stop(), 0);
  console.log(`# stopped in ${Date.now() - at} ms`);
  await until('lost', () => service.status.at(-1).state === 'lost');
  await gateway.start();
});
