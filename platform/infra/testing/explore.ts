import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSkerryError } from '../../../content/error.ts';
import { randomOf } from '../../../content/testing/random.ts';
import { converge } from '../machine/converge.ts';
import type { WantedMachine } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';
import { faultyProvider } from './faulty-provider.ts';
import type { ProviderBench } from './provider-bench.ts';

const MACHINES = 3;
const ROUNDS = 8;
const FAULT_RATE = 0.2;
const LIMIT_MS = 300_000;

interface Fate {
  readonly machine: WantedMachine;
  isDeleting: boolean;
  wasProvisioned: boolean;
}

/**
 * Two controllers that know nothing of each other bring the same machines up and down over a line that loses calls and
 * answers. At no time are there two of one machine; at the end there are none.
 */
export async function explore(bench: ProviderBench, seed: number): Promise<void> {
  const random = randomOf(seed);
  const signal = AbortSignal.timeout(LIMIT_MS);
  const fates: Fate[] = Array.from({ length: MACHINES }, (_, index) => ({
    machine: bench.machine(`m${index}`),
    isDeleting: false,
    wasProvisioned: false,
  }));
  const sessions = [bench.open(), bench.open()];
  const controllers = sessions.map((session) => faultyProvider(session, random, FAULT_RATE));
  const work = async (provider: Pick<CloudProvider, 'observe' | 'act'>) => {
    for (const fate of fates) if (random() < 0.8) await bring(provider, fate, signal);
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const fate of fates) if (round >= 2 && random() < 0.2) fate.isDeleting = true;
    await Promise.all(controllers.map(work));
    await assertSingle(bench, fates, seed);
  }
  for (const fate of fates) fate.isDeleting = true;
  const [last] = sessions;
  assert.ok(last !== undefined);
  for (const fate of fates)
    while ((await bring(last, fate, signal)) !== 'done')
      await sleep(bench.pauseMs ?? 20, undefined, { signal });
  for (const session of sessions) await session.close();
}

async function bring(
  provider: Pick<CloudProvider, 'observe' | 'act'>,
  fate: Fate,
  signal: AbortSignal,
): Promise<string> {
  try {
    const { isDeleting, wasProvisioned } = fate;
    const intent = { isDeleting, wasProvisioned, keepsPower: true };
    const { kind } = await converge(provider, fate.machine, { intent, signal });
    if (kind === 'done' && !isDeleting) fate.wasProvisioned = true;
    return kind;
  } catch (error) {
    // Also what the other controller did meanwhile: it was switched on under a deletion, or is gone.
    assert.ok(isSkerryError(error), String(error));
    return error.code;
  }
}

async function assertSingle(bench: ProviderBench, fates: readonly Fate[], seed: number): Promise<void> {
  const ours = new Set(fates.map(({ machine }) => machine.mark.machine));
  const names = (await bench.inventory()).map(({ name }) => name).filter((name) => ours.has(name));
  assert.equal(new Set(names).size, names.length, `seed ${seed}: ${names.join(' ')}`);
}
