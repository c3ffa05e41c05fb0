import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { StoredCluster, StoredEnrollment } from '../watched/stored.ts';
import { EnrollmentTokens } from './enrollment-token.ts';

const HOUR = 3600_000;
const METADATA = { namespace: 'team', creationTimestamp: '2026-01-01T00:00:00Z', uid: 'uid' };
const CLUSTER = StoredCluster.parse({ metadata: { ...METADATA, name: 'shop' }, spec: {} });

/** A hub's clock, and the enrollments that it has made. */
function tokensAt(begin: string) {
  const state = { now: Date.parse(begin), made: [] as StoredEnrollment[] };
  const newTokens = () =>
    new EnrollmentTokens({
      client: {
        get: async (): Promise<KubeObject> => ({
          apiVersion: 'v1',
          kind: 'Cluster',
          metadata: { name: 'shop', uid: 'uid' },
        }),
        create: async (object): Promise<KubeObject> => {
          const metadata = { ...METADATA, ...object.metadata };
          state.made.push(StoredEnrollment.parse({ ...object, metadata }));
          return object;
        },
      },
      sealing: { mark: (value) => `mark of ${String(value)}` },
      enrollments: () => state.made,
      now: () => new Date(state.now),
      randomId: () => `id${state.made.length}`,
    });
  return { state, newTokens };
}

const { signal } = new AbortController();

test('whenever the hub is unplugged, the token that a gateway has lets an agent in for three days more', async () => {
  const { state, newTokens } = tokensAt('2026-01-01T00:00:00Z');
  let tokens = newTokens();
  for (let hour = 0; hour < 24 * 30; hour += 3) {
    state.now = Date.parse('2026-01-01T00:00:00Z') + hour * HOUR;
    // A hub that was started again has forgotten all but what is stored.
    if (hour % 50 === 0) tokens = newTokens();
    const token = await tokens.tokenFor(CLUSTER, signal);
    const enrollment = state.made.find(({ metadata }) => token?.includes(metadata.name) === true);
    const left = Date.parse(enrollment?.spec.expiresAt ?? '') - state.now;
    assert.ok(left > 3 * 24 * HOUR, `${left / HOUR} hours at hour ${hour}`);
  }
  assert.ok(state.made.length < 12, `${state.made.length} enrollments in a month`);
});
