import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { digestOf } from '../../content/digest.ts';
import { encode } from './canonical.ts';
import { Envelope } from './envelope.ts';
import { markOf } from './events.ts';
import {
  AgentMessage,
  EnrollAnswer,
  EnrollRequest,
  HubMessage,
  isNewAgentMessage,
  isNewHubMessage,
} from './message.ts';
import { AgentEvent, Report } from './report.ts';

/**
 * What agents and hubs of protocol 1 say, written down once and never changed: a version that does not read it any more
 * cuts agents off that are two versions behind.
 */
const said = JSON.parse(await readFile(new URL('fixtures/protocol-1.json', import.meta.url), 'utf8'));
const texts: [string, z.ZodType, unknown][] = [
  ['an envelope', Envelope, said.envelope],
  ['a report', Report, said.report],
  ['a request to enroll', EnrollRequest, said.enrollRequest],
  ...said.agent.map((message: { kind: string }) => [`an agent's ${message.kind}`, AgentMessage, message]),
  ...said.hub.map((message: { kind: string }) => [`a hub's ${message.kind}`, HubMessage, message]),
  ...said.enrollAnswers.map((answer: { state: string }) => [answer.state, EnrollAnswer, answer]),
];

describe('protocol 1', () => {
  for (const [what, schema, text] of texts) {
    test(`is read whole: ${what}`, () => assert.deepEqual(schema.parse(text), text));

    test(`is read as before when a newer side adds to it: ${what}`, () => {
      assert.deepEqual(withoutNew(schema.parse(withNew(text))), text);
    });
  }

  test('has every kind of message', () => {
    const kindsOf = (schema: typeof AgentMessage | typeof HubMessage) =>
      schema.options.map(({ shape }) => shape.kind.value).sort();
    const kindsIn = (messages: { kind: string }[]) => messages.map(({ kind }) => kind).sort();
    assert.deepEqual(kindsIn(said.agent), kindsOf(AgentMessage));
    assert.deepEqual(kindsIn(said.hub), kindsOf(HubMessage));
  });

  test('passes over kinds of message that a newer side may say, and nothing else', () => {
    for (const isNew of [isNewAgentMessage, isNewHubMessage]) {
      assert.equal(isNew({ kind: 'sing', loud: true }), true);
      for (const value of [undefined, 'text', {}, { kind: 7 }, { kind: 'x'.repeat(64) }])
        assert.equal(isNew(value), false);
    }
    assert.equal(isNewAgentMessage({ kind: 'hello' }), false);
    assert.equal(isNewHubMessage({ kind: 'welcome' }), false);
  });

  test('chains the events of a newer agent by all that it says', () => {
    const event = { ...said.agent[2].events[0], wind: 'north' };
    assert.equal(markOf(AgentEvent.parse(event)).hash, digestOf(encode(event)));
  });
});

const NEW = 'fromTheFuture';
/** What people write into: a name more there is a value more. */
const FREE = new Set(['values', 'sealingKey']);

function withNew(value: unknown, name = ''): unknown {
  if (FREE.has(name)) return value;
  if (Array.isArray(value)) return value.map((each) => withNew(each));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, field]) => [key, withNew(field, key)]);
  return { ...Object.fromEntries(fields), [NEW]: { deep: [1] } };
}

// Events keep what they don't know, for their hash.
function withoutNew(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, field) => (key === NEW ? undefined : field));
}
