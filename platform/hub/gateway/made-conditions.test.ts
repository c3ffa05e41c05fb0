import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InfrastructureState } from '../../api/infrastructure.ts';
import { provisionedSaid } from './made-conditions.ts';

const at = '2026-01-01T00:00:00Z';
const state = (
  phase: InfrastructureState['phase'],
  ...conditions: (readonly [string, 'True' | 'False', string, string])[]
): InfrastructureState => ({
  ...{ phase, controlPlane: { ready: 0, wanted: 1 }, pools: [], machines: [] },
  conditions: conditions.map(([type, status, reason, message]) => ({
    ...{ type, status, reason, message },
    lastTransitionTime: at,
  })),
});

test('What keeps a cluster from being made is the reason, and is reported in its words', () => {
  const [status, reason, message] = provisionedSaid(
    state(
      'Waiting',
      ['Ready', 'False', 'Provisioning', ''],
      ['Preflight', 'False', 'NETWORK_UNKNOWN', 'subnet subnet-none: is not in this account'],
    ),
    'team/gw',
  );
  assert.deepEqual([status, reason], ['False', 'NETWORK_UNKNOWN']);
  assert.ok(message.includes('subnet-none'));
});

test('What is only waited for is no cause, and one that is up stays up in its troubles', () => {
  const waits = provisionedSaid(state('Provisioning', ['Ready', 'False', 'Provisioning', '']), 'team/gw');
  assert.deepEqual(waits.slice(0, 2), ['False', 'Provisioning']);
  const up = provisionedSaid(state('Scaling', ['Ready', 'False', 'QUOTA_EXCEEDED', 'full']), 'team/gw');
  assert.deepEqual(up.slice(0, 2), ['True', 'Scaling']);
  assert.ok(up[2].includes('QUOTA_EXCEEDED full'));
});
