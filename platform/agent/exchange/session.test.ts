import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendEvent, markOf, NO_EVENT } from '../../desired/events.ts';
import { type AgentMessage, MAX_MESSAGE_BYTES } from '../../desired/message.ts';
import type { AgentEvent } from '../../desired/report.ts';
import type { Acknowledged, Holder } from './holder.ts';
import { Session } from './session.ts';

const welcome = (eventNumber: number) =>
  ({
    kind: 'welcome',
    protocol: 1,
    time: '',
    reportNumber: 0,
    reportDigest: '',
    eventNumber,
    pingSeconds: 30,
  }) as const;

test('the longest events are sent in messages that the hub takes, all of them and in order', async () => {
  const { session } = sessionOf(longEvents(150));
  let sent = await session.handle(welcome(0));
  let last = 0;
  while (sent.length > 0) {
    for (const message of sent) {
      assert.ok(Buffer.byteLength(JSON.stringify(message)) <= MAX_MESSAGE_BYTES);
      for (const { number } of eventsIn(message)) assert.equal(number, ++last);
    }
    sent = await session.handle({ kind: 'have', reportNumber: 0, eventNumber: last });
  }
  assert.equal(last, 150);
});

test('events that the hub calls broken are begun again once, from what it has', async () => {
  const { session, told } = sessionOf(longEvents(3));
  assert.deepEqual(numbersIn(await session.handle(welcome(1))), [2, 3]);
  const refused = { kind: 'refused', code: 'EVENTS_BROKEN', detail: '' } as const;
  assert.deepEqual(numbersIn(await session.handle(refused)), [2, 3]);
  assert.deepEqual(told.at(-1), { reportNumber: 0, eventNumber: 1, isOtherChain: true });
  assert.deepEqual(await session.handle(refused), []);
});

test('everyday events go together when they are due, at once with any other, and all after a welcome', async () => {
  const events: AgentEvent[] = [];
  const note = (kind: AgentEvent['kind']) => {
    const last = events.at(-1);
    const before = last === undefined ? NO_EVENT : markOf(last);
    events.push(appendEvent(before, { at: '2026-01-01T00:00:00Z', kind, subject: kind }));
  };
  const { session } = sessionOf(events, true);
  note('accepted');
  assert.deepEqual(numbersIn(await session.handle(welcome(0))), [1]);
  const has = async (eventNumber: number) =>
    numbersIn(await session.handle({ kind: 'have', reportNumber: 0, eventNumber }));
  assert.deepEqual(await has(1), []);
  note('applied');
  assert.deepEqual(numbersIn(session.changed()), []);
  note('applied');
  assert.deepEqual(numbersIn(session.due()), [2, 3]);
  assert.deepEqual(await has(3), []);
  note('applied');
  assert.deepEqual(numbersIn(session.changed()), []);
  note('drift');
  assert.deepEqual(numbersIn(session.changed()), [4, 5]);
  // Lost on the way: what the hub does not have comes again.
  assert.deepEqual(numbersIn(await session.handle(welcome(3))), [4, 5]);
});

function sessionOf(events: readonly AgentEvent[], gathers = false) {
  const told: Acknowledged[] = [];
  const holder: Holder = {
    held: () => undefined,
    offer: async () => ({ accepted: true }),
    report: () => undefined,
    events: (after) => events.filter(({ number }) => number > after),
    acknowledged: (has) => void told.push(has),
    onChange: () => () => undefined,
  };
  return {
    told,
    session: new Session({ holder, agentVersion: '1.0.0', gathers, onRefused: () => undefined }),
  };
}

function longEvents(count: number): AgentEvent[] {
  let last = NO_EVENT;
  return Array.from({ length: count }, () => {
    const texts = { subject: '€'.repeat(400), detail: '€'.repeat(500), by: '€'.repeat(200) };
    const event = appendEvent(last, { at: '2026-01-01T00:00:00Z', kind: 'drift', ...texts });
    last = markOf(event);
    return event;
  });
}

function eventsIn(message: AgentMessage): readonly AgentEvent[] {
  return message.kind === 'events' ? message.events : [];
}

function numbersIn(messages: readonly AgentMessage[]): number[] {
  return messages.flatMap(eventsIn).map(({ number }) => number);
}
