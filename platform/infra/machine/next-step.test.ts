import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ObservedMachine } from '../provider/machine.ts';
import { type MachineIntent, nextStep } from './next-step.ts';

const absent: ObservedMachine = { state: 'absent' };
const foreign: ObservedMachine = { state: 'foreign', detail: 'vm-7' };
const remains: ObservedMachine = { state: 'remains', detail: 'port 3' };
const present = (more: Partial<Extract<ObservedMachine, { state: 'present' }>> = {}): ObservedMachine => ({
  state: 'present',
  reference: 'vm-1',
  isComplete: true,
  power: 'off',
  addresses: [],
  failure: undefined,
  ...more,
});

const making: MachineIntent = { isDeleting: false, wasProvisioned: false, keepsPower: true };
const keeping: MachineIntent = { ...making, wasProvisioned: true };
const reporting: MachineIntent = { ...keeping, keepsPower: false };
const deleting: MachineIntent = { ...keeping, isDeleting: true };
const givingUp: MachineIntent = { ...making, isDeleting: true };

describe('the next step of a machine', () => {
  const table: readonly (readonly [string, MachineIntent, ObservedMachine, string])[] = [
    ['what is not there is made', making, absent, 'create'],
    ['what was only half made is finished', making, present({ isComplete: false }), 'configure'],
    [
      'what was half made and runs is stopped first',
      making,
      present({ isComplete: false, power: 'on' }),
      'power-off',
    ],
    ['what is complete is switched on', making, present(), 'power-on'],
    ['what runs is done', making, present({ power: 'on' }), 'done'],
    ['what changes is waited for', making, present({ power: 'changing' }), 'wait'],
    ['a name that is taken', making, foreign, 'MACHINE_NAME_TAKEN'],
    ['what failed before it ran is taken away', making, present({ failure: 'no host' }), 'delete'],
    [
      'what failed and is on is stopped first',
      making,
      present({ failure: 'no host', power: 'on' }),
      'power-off',
    ],
    ['what ran and is gone is not made again', keeping, absent, 'MACHINE_VANISHED'],
    ['what ran and lost its mark', keeping, foreign, 'MACHINE_NOT_OURS'],
    ['what ran and was switched off is switched on', keeping, present(), 'power-on'],
    ['unless it is only reported', reporting, present(), 'MACHINE_OFF'],
    [
      'what runs is not stopped for being incomplete',
      keeping,
      present({ isComplete: false, power: 'on' }),
      'done',
    ],
    [
      'what ran and failed is left to the health check',
      keeping,
      present({ failure: 'disk' }),
      'MACHINE_FAILED',
    ],
    ['what remains of an earlier try is taken up', making, remains, 'create'],
    ['what remains of one that ran', keeping, remains, 'MACHINE_VANISHED'],
    ['what remains is deleted', deleting, remains, 'delete'],
    ['what is gone is deleted', deleting, absent, 'done'],
    ['what runs is switched off before it is deleted', deleting, present({ power: 'on' }), 'power-off'],
    ['what is off is deleted', deleting, present(), 'delete'],
    ['what is half made is deleted', givingUp, present({ isComplete: false }), 'delete'],
    ['what failed is deleted', givingUp, present({ failure: 'no host' }), 'delete'],
    ['what changes is waited for, also in deleting', deleting, present({ power: 'changing' }), 'wait'],
    ['what lost its mark is not deleted', deleting, foreign, 'MACHINE_NOT_OURS'],
    ['a stranger of the name that ours never got', givingUp, foreign, 'done'],
  ];
  for (const [title, intent, observed, expected] of table)
    test(`${title}: ${expected}`, () => {
      const next = nextStep(intent, observed);
      const said = next.kind === 'act' ? next.step : next.kind === 'blocked' ? next.code : next.kind;
      assert.equal(said, expected);
    });

  test('never touches what is absent or foreign but to make it', () => {
    const both = [true, false];
    const intents = both.flatMap((isDeleting) =>
      both.flatMap((wasProvisioned) =>
        both.map((keepsPower) => ({ isDeleting, wasProvisioned, keepsPower })),
      ),
    );
    const acts = (observed: ObservedMachine) =>
      intents.filter((intent) => nextStep(intent, observed).kind === 'act');
    assert.deepEqual(acts(foreign), []);
    assert.deepEqual(
      acts(absent),
      intents.filter((intent) => !intent.isDeleting && !intent.wasProvisioned),
    );
  });
});
