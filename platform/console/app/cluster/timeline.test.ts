import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, Revision } from '../../../client/kinds.ts';
import { sampleCluster } from '../testing/sample-cluster.ts';
import { timelineOf } from './timeline.ts';

test('what happened to a cluster is told from the latest on, and of others nothing', () => {
  const cluster = sampleCluster({
    status: {
      applied: { number: 1, digest: 'd', at: '2026-11-02T02:00:00Z' },
      conditions: [
        {
          type: 'Healthy',
          status: 'True',
          reason: 'Well',
          message: '',
          lastTransitionTime: '2026-11-02T03:00:00Z',
        },
      ],
    },
  });
  const revision = (number: number, of: string): Revision => ({
    ...sampleCluster({ name: `${of}-${number}`, created: '2026-11-02T00:00:00Z' }),
    status: undefined,
    spec: {
      cluster: of,
      number,
      digest: 'd',
      envelope: '',
      cause: 'profile base@1.0.0',
      releasedAt: '2026-11-02T01:00:00Z',
    },
  });
  const alert: Alert = {
    ...sampleCluster({ name: 'a' }),
    spec: { cluster: 'edge-1', rule: 'AgentSilent', subject: 'edge-1', severity: 'warning' },
    status: {
      message: 'silent',
      firstSeen: '2026-11-03T00:00:00Z',
      lastSeen: '2026-11-03T01:00:00Z',
      count: 2,
      resolvedAt: '2026-11-03T02:00:00Z',
    },
  };
  const entries = timelineOf({
    cluster,
    revisions: [revision(1, 'edge-1'), revision(1, 'edge-2')],
    alerts: [alert],
  });
  assert.deepEqual(
    entries.map(({ kind, text }) => `${kind}: ${text}`),
    [
      'alert: Alert AgentSilent was resolved',
      'alert: Alert AgentSilent (warning): silent',
      'condition: Healthy became True (Well)',
      'revision: Revision 1 was complete',
      'revision: Revision 1 was let go',
      'revision: Revision 1 was made: profile base@1.0.0',
      'agent: The cluster was made known to the hub',
    ],
  );
});
