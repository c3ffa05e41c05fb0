import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import type { WantedMachine } from '../provider/machine.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { startModelBench, wantedMachine } from '../testing/model-bench.ts';
import { type CallPoint, ModelCloud } from '../testing/model-cloud.ts';
import { converge } from './converge.ts';
import type { MachineIntent } from './next-step.ts';

const RUNS = Number(process.env.SKERRY_ROUNDS ?? 50);
const signal = new AbortController().signal;
const making: MachineIntent = { isDeleting: false, wasProvisioned: false, keepsPower: true };

describeProvider('the cloud in memory', async () => startModelBench(RUNS));

describe('a crash at every point of every call', () => {
  for (const point of ['begun', 'half-made', 'done'] as const)
    for (let nth = 1; nth <= 8; nth++)
      test(`the ${nth}. ${point}: the next look goes on, and what is deleted leaves nothing`, async () => {
        const cloud = new ModelCloud();
        const machine = wantedMachine('node-1');
        crashAt(cloud, point, nth);
        for (const isDeleting of [false, true]) {
          const intent = { ...making, isDeleting };
          for (let tries = 0; tries < 3; tries++)
            if (await end(cloud, machine, intent)) break;
            else assert.ok(cloud.machines.size <= 1);
          assert.equal(cloud.machines.size, isDeleting ? 0 : 1);
        }
      });
});

test('what fails before it ever ran is taken away, and the failure is told', async () => {
  const cloud = new ModelCloud();
  const machine = wantedMachine('node-1');
  const half = cloud.putHalf(machine.mark);
  half.failure = 'no valid host';
  await assert.rejects(converge(cloud.open(), machine, { intent: making, signal }), (error) =>
    isSkerryError(error, 'MACHINE_FAILED'),
  );
  assert.equal(cloud.machines.size, 0);
});

test('a quota that is reached leaves nothing half made, and passes when there is room', async () => {
  const cloud = new ModelCloud();
  cloud.room = 0;
  const machine = wantedMachine('node-1');
  await assert.rejects(converge(cloud.open(), machine, { intent: making, signal }), (error) =>
    isSkerryError(error, 'QUOTA_EXCEEDED'),
  );
  assert.equal(cloud.machines.size, 0);
  cloud.room = 1;
  assert.equal((await converge(cloud.open(), machine, { intent: making, signal })).kind, 'done');
});

test('whoever switches a machine off again and again is not fought within one look', async () => {
  const cloud = new ModelCloud();
  const machine = wantedMachine('node-1');
  const steps: string[] = [];
  const onStep = (step: string) => {
    steps.push(step);
  };
  cloud.interrupt = async (point) => {
    if (point === 'begun') for (const made of cloud.machines.values()) made.isOn = false;
  };
  const outcome = await converge(cloud.open(), machine, { intent: making, signal, onStep });
  assert.equal(outcome.kind, 'wait');
  assert.ok(steps.length < 10);
});

/** True when it came to its end. */
async function end(cloud: ModelCloud, machine: WantedMachine, intent: MachineIntent): Promise<boolean> {
  try {
    const { kind } = await converge(cloud.open(), machine, { intent, signal });
    return kind === 'done';
  } catch (error) {
    assert.ok(error instanceof Crash);
    return false;
  }
}

class Crash extends Error {}

function crashAt(cloud: ModelCloud, where: CallPoint, nth: number): void {
  let count = 0;
  cloud.interrupt = async (point) => {
    if (point === where && ++count === nth) throw new Crash();
  };
}
