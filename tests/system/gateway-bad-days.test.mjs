// SPDX-License-Identifier: EUPL-1.2
// quiet: it mostly waits
// A gateway on bad days: a disk that refuses one file. Nothing may be lost for good because of it.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Broker, Gateway, StandIn, until } from './lib/gateway_world.mjs';

let broker, service, gateway;

before(async () => {
  broker = await new Broker().start();
  service = await new StandIn(broker).start();
  gateway = new Gateway(service.enrolment, '');
  assert.equal((await gateway.enrol()).code, 0);
  await gateway.start();
  await until('ready', () => service.status.at(-1)?.state === 'ready');
});

after(async () => {
  await gateway.stop('SIGKILL');
  await service.stop();
  await broker.stop();
  gateway.remove();
});

const kept = () => {
  try {
    return JSON.parse(readFileSync(join(gateway.state, 'cfg.json'), 'utf8'));
  } catch {
    return null;
  }
};
const cfg = (n) => ({ n, version: n, meters: [] });

test('a cfg that could not be written is taken when the broker brings it again, and is no replay', async () => {
  const blocked = join(gateway.state, 'cfg.json.tmp');
  mkdirSync(blocked); // where the file would be written
  await service.say('cfg', cfg(5), { retain: true });
  await until('it was refused by the disk', () => /cfg was not kept/.test(gateway.log));
  assert.equal(kept(), null);
  rmdirSync(blocked);
  await gateway.stop();
  await gateway.start();
  await until('it is kept', () => kept()?.n === 5);
  await until('it says so', () => service.status.at(-1).cfg === 5);
  await until('a new figure', () => service.stats.at(-1)?.alerts.replayed === 0);
});

test('an older cfg is refused although the number was lost with its file', async () => {
  await service.say('cfg', cfg(9), { retain: true });
  await until('it is kept', () => kept()?.n === 9);
  await gateway.stop();
  rmSync(join(gateway.state, 'gateway.json'));
  await gateway.start();
  await until('connected', () => service.status.at(-1)?.state === 'ready' && service.status.at(-1).session === 1);
  await service.say('cfg', cfg(7));
  await until('it is called a replay', () => service.stats.at(-1)?.alerts.replayed === 1);
  assert.equal(kept().n, 9);
});
