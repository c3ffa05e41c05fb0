import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../apply/clock.ts';
import type { Numbered } from '../exchange/holder.ts';
import { UNSEEN } from '../health/cluster-health.ts';
import { Reporter } from './reporter.ts';

test('nothing is reported before it is known which cluster this is, and then it is reported again', async () => {
  const identity = { project: '', name: '', id: 'uid' };
  const reports: Numbered[] = [];
  const reporter = new Reporter({
    holder: {
      report: () => reports.at(-1),
      keepReport: async (make) => {
        const number = reports.length + 1;
        reports.push({ ...make(number), number });
      },
    },
    facts: () => ({
      cluster: { ...identity },
      agentVersion: '1.0.0',
      envelope: { number: 0, digest: '', state: 'none', since: '2026-01-01T00:00:00Z' },
      refused: undefined,
      layers: [],
      removed: [],
      drift: [],
      health: UNSEEN,
    }),
    sign: (payloadType, bytes) => ({
      payloadType,
      payload: Buffer.from(bytes).toString('base64'),
      signatures: [{ keyid: '', sig: '' }],
    }),
    clock: systemClock,
    now: () => new Date(0),
    log: { error: () => undefined },
    signal: new AbortController().signal,
  });
  await reporter.make();
  assert.deepEqual(reports, []);
  Object.assign(identity, { project: 'p', name: 'edge' });
  await reporter.make();
  await reporter.make();
  assert.equal(reports.length, 1);
});
