import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readEvents, type StreamEvent } from './event-stream.ts';

async function eventsOf(chunks: Iterable<Uint8Array>): Promise<StreamEvent[]> {
  async function* stream() {
    yield* chunks;
  }
  return await Array.fromAsync(readEvents(stream()));
}

describe('a stream of events', () => {
  test('is read by the rules of the HTML standard', async () => {
    const text =
      ': hello\n\nevent: added\nid: 7\ndata: {"a":\ndata:1}\n\nretry: 5\ndata: é\n\nevent: cut\ndata: off';
    assert.deepEqual(await eventsOf([Buffer.from(text)]), [
      { event: 'added', data: '{"a":\n1}', id: '7' },
      { event: 'message', data: 'é', id: '7' },
    ]);
  });

  test('says the same however it is cut in pieces and its lines end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record(
            { event: fc.constantFrom('added', 'modified'), value: fc.string({ unit: 'grapheme' }) },
            { noNullPrototype: true },
          ),
        ),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.integer({ min: 1, max: 9 }),
        async (events, end, size) => {
          const text = events
            .map(({ event, value }) => `event: ${event}${end}data: ${JSON.stringify(value)}${end}${end}`)
            .join('');
          const bytes = Buffer.from(text);
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
            bytes.subarray(at * size, (at + 1) * size),
          );
          const found = (await eventsOf(chunks)).map(({ event, data }) => ({
            event,
            value: JSON.parse(data),
          }));
          assert.deepEqual(found, events);
        },
      ),
    );
  });
});
