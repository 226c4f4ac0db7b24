// SPDX-License-Identifier: EUPL-1.2
// quiet: it mostly waits
// tsan: the sources' threads and the sender
// A power meter by an independent Modbus server, through a real gateway and a real broker to a service that keeps its
// own list. The truth is what the meter served: seconds of use follow from it by the thresholds alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Broker, Gateway, Meter, StandIn, until, wait } from './lib/gateway_world.mjs';

const RATE = 10; // virtual seconds in a real one
const ACTIVE_W = 30;
let broker, service, meter, gateway;

before(async () => {
  broker = await new Broker().start();
  service = await new StandIn(broker).start();
  meter = await new Meter().start();
  meter.draw(0.4, 91.25);
  gateway = new Gateway(service.enrolment, `[clock]\norigin_ms = ${Date.now()}\nrate = ${RATE}\n` +
    `[modbus]\npoll_ms = 1000\n[meter prusa-1]\naddress = 127.0.0.1:${meter.port}\non_mw = 5000\nactive_mw = 30000\n` +
    'on_delay_s = 2\noff_delay_s = 4\n');
  assert.equal((await gateway.enrol()).code, 0);
  await gateway.start();
});

after(async () => {
  await gateway.stop('SIGKILL');
  await service.stop();
  await broker.stop();
  meter.stop();
  gateway.remove();
});

const last = () => service.reports.at(-1);
const served = (mode) => meter.served.filter((sample) => !mode || sample.mode === mode);

// Use between two good samples counts where the earlier one was in use; every phase of this test outlasts its delay.
function truth(samples) {
  let seconds = 0;
  for (let i = 1; i < samples.length; i++)
    if (samples[i - 1].watts >= ACTIVE_W) seconds += ((samples[i].at - samples[i - 1].at) / 1000) * RATE;
  return seconds;
}

async function phase(watts, state) {
  meter.draw(watts);
  await until(`state ${state}`, () => last()?.state === state && last().power_mw === Math.round(watts * 1000));
  await wait(1500);
}

test('seconds of use equal what the meter served, and each change of state is said at once', async () => {
  await until('the first report', () => service.reports.length > 0);
  assert.equal(last().state, 'off');
  await phase(8, 'idle');
  await phase(84.25, 'active');
  await phase(8, 'idle');
  await phase(120.5, 'active');
  await phase(8, 'idle');
  const report = last();
  const expected = truth(served());
  assert.ok(expected > 20, `the test itself used the machine: ${expected} s`);
  assert.ok(Math.abs(report.active_s - expected) <= 1, `${report.active_s} s reported, ${expected.toFixed(2)} s served`);
  assert.equal(report.energy_wh, 91250);
  assert.equal(report.meter, 'prusa-1');
  const states = service.reports.map((r) => r.state).filter((s, i, all) => s !== all[i - 1]);
  assert.deepEqual(states, ['off', 'idle', 'active', 'idle', 'active', 'idle']);
});

test('silence, a late answer, an exception, half a frame, NaN and nonsense give no value and no seconds', async () => {
  const known = new Set([0.4, 8, 84.25, 120.5].map((watts) => Math.round(watts * 1000)));
  const before = last().active_s;
  for (const mode of ['silent', 'late', 'exception', 'half']) {
    meter.mode = mode;
    meter.draw(mode === 'late' ? 999 : 8); // what comes late must never be taken for an answer
    await wait(2500);
    meter.draw(8);
    meter.mode = 'pass';
    const n = served('pass').length;
    await until(`readings after ${mode}`, () => served('pass').length > n + 3);
  }
  for (const nonsense of [NaN, Infinity, -Infinity, 1e30, -40000]) {
    meter.draw(nonsense);
    await wait(600);
  }
  meter.draw(8);
  await until('a report after all that', () => last().mono_ms > service.reports.at(-2).mono_ms && last().power_mw === 8000);
  for (const report of service.reports) assert.ok(known.has(report.power_mw), `power_mw ${report.power_mw} was never good`);
  for (const report of service.reports) assert.ok([91250, undefined].includes(report.energy_wh), `energy ${report.energy_wh}`);
  assert.equal(last().active_s, before);
  assert.match(gateway.log, /meter prusa-1: no reading/);
  assert.match(gateway.log, /meter prusa-1: readings again/);
});

test('after kill -9 in use the counter goes on in its epoch, never below what was reported, never above the truth', async () => {
  const epoch = last().counter_epoch;
  await phase(84.25, 'active');
  await until('a report in use', () => last().active_s > 60);
  await gateway.stop('SIGKILL');
  const reported = Math.max(...service.reports.map((r) => r.active_s));
  await gateway.start();
  await until('a report after the restart', () => service.reports.at(-1).active_s > reported + 10);
  await phase(8, 'idle');
  assert.equal(last().counter_epoch, epoch);
  const values = service.reports.map((r) => r.active_s);
  values.forEach((value, i) => assert.ok(i === 0 || value >= values[i - 1], `${value} after ${values[i - 1]}`));
  assert.ok(last().active_s <= truth(served()) + 1, `${last().active_s} of ${truth(served())}`);
});

test('other thresholds by cfg begin a new counter epoch, once, and the old one is closed first', async () => {
  const epoch = last().counter_epoch;
  const profile = { off_mw: 0, idle_mw: 4000, active_mw: 6000, on_delay_s: 1, off_delay_s: 1 };
  const cfg = { n: 7, version: 3, meters: [{ meter: 'prusa-1', usage_profile: profile }] };
  await service.say('cfg', cfg, { retain: true });
  await until('a new epoch', () => last().counter_epoch > epoch);
  await until('use by the new thresholds', () => last().state === 'active' && last().active_s > 0);
  assert.equal(service.status.at(-1).cfg, 7);
  const fresh = last().counter_epoch;
  await service.say('cfg', { ...cfg, n: 6 });
  await service.say('cfg', { ...cfg, n: 8, meters: [] }, { key: Buffer.alloc(32) });
  await wait(500);
  assert.equal(last().counter_epoch, fresh);
  await gateway.stop();
  await gateway.start();
  const n = service.reports.length;
  await until('a report after the restart', () => service.reports.length > n);
  assert.equal(last().counter_epoch, fresh, 'the cfg outlives a restart');
  assert.equal(service.badMac, 0);
});
