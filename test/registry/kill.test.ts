import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { randomOf } from '../../registry/testing/disk/random.ts';
import { startKilledRegistry } from './kill/killed-registry.ts';
import { Siege } from './kill/siege.ts';

const KILLS = Number(process.env.SKERRY_KILLS ?? 8);
const SEED = Number(process.env.SKERRY_SEED ?? randomInt(2 ** 31));
/** Rounds on the same store. */
const ROUNDS = 25;
const SOONEST_MS = 30;
const LATEST_MS = 1200;

test('a registry that is killed at any moment opens by itself and has all that it acknowledged', {
  timeout: KILLS * 60_000,
}, async (t) => {
  t.diagnostic(`SKERRY_SEED=${SEED}`);
  const random = randomOf(SEED);
  const starts: number[] = [];
  const said = new Map<string, number>();
  let [answers, collections] = [0, 0];
  for (let kills = 0; kills < KILLS; ) {
    const folder = await mkdtemp(join(tmpdir(), 'skerry-kill-'));
    const siege = new Siege(folder, Math.floor(random() * 2 ** 31));
    try {
      // The first start makes the store, the last one only looks at it.
      for (let round = 0; round <= ROUNDS && kills <= KILLS; round++) {
        const registry = await startKilledRegistry(folder);
        if (round > 0) starts.push(registry.startedIn);
        for (const event of registry.said) said.set(event, (said.get(event) ?? 0) + 1);
        try {
          await siege.verify(registry.port);
          if (round === ROUNDS || kills === KILLS) break;
          const moment = SOONEST_MS + random() * (LATEST_MS - SOONEST_MS);
          await siege.assault(registry.port, wait(moment), registry.kill);
          kills++;
        } finally {
          await registry.kill().catch(() => {});
        }
      }
    } catch (error) {
      t.diagnostic(`after ${kills} kills; the store is kept in ${folder}`);
      throw error;
    } finally {
      answers += siege.answers;
      collections += siege.collections;
      siege.close();
    }
    await rm(folder, { recursive: true, force: true });
  }
  starts.sort((a, b) => a - b);
  const ms = (part: number) => Math.round(starts[Math.floor((starts.length - 1) * part)] ?? 0);
  t.diagnostic(`${KILLS} kills amid ${answers} answers and ${collections} collections of garbage`);
  t.diagnostic(`served again after ${ms(0.5)} ms (median), ${ms(1)} ms (longest), Node's own start included`);
  t.diagnostic(`while opening: ${JSON.stringify(Object.fromEntries(said))}`);
});
