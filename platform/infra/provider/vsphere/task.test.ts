import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilTaskEnds } from './task.ts';
import { parseXml } from './xml.ts';

const ASKED = parseXml('<answer><returnval type="Task">task-7</returnval></answer>');
const MADE = '<state>success</state><result type="VirtualMachine">vm-9</result>';
const FAILED =
  '<state>error</state><error><fault xsi:type="NoDiskSpace"/><localizedMessage>full</localizedMessage></error>';
const { signal } = new AbortController();

test('a task is looked at until it has ended, with what it made', async () => {
  const { clock, session, looks } = taskThat('<state>queued</state>', '<state>running</state>', MADE);
  const made = await untilTaskEnds(session, ASKED, clock, signal);
  assert.deepEqual([made, looks()], [{ type: 'VirtualMachine', value: 'vm-9' }, 3]);
});

test('a task that failed is the fault that it met', async () => {
  const { clock, session } = taskThat('<state>running</state>', FAILED);
  await assert.rejects(untilTaskEnds(session, ASKED, clock, signal), { fault: 'NoDiskSpace' });
});

test('a task that never ends is left to the next look after half an hour, which few questions went by', async () => {
  const { clock, session, looks } = taskThat('<state>running</state>');
  await assert.rejects(untilTaskEnds(session, ASKED, clock, signal), { code: 'STEP_TIMEOUT' });
  assert.ok(clock.now() >= 1_800_000);
  assert.ok(looks() < 200, `${looks()} looks`);
});

/** Its states one after the other; the last one stays. Time goes by as it is slept. */
function taskThat(...states: readonly string[]) {
  let [time, looks] = [0, 0];
  const service = { type: 'Service', value: 'it' };
  const content = {
    ...{ rootFolder: service, propertyCollector: service, viewManager: service, searchIndex: service },
    ...{ sessionManager: service, authorizationManager: undefined, version: '8.0' },
  };
  const session = {
    host: 'vcenter.example',
    content: async () => content,
    call: async () => {
      const info = states[Math.min(looks, states.length - 1)];
      looks++;
      const properties = `<propSet><name>info</name><val>${info}</val></propSet>`;
      return parseXml(
        `<a xmlns:xsi="i"><returnval><objects><obj type="Task">task-7</obj>${properties}</objects></returnval></a>`,
      );
    },
  };
  const clock = {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms;
    },
  };
  return { clock, session, looks: () => looks };
}
