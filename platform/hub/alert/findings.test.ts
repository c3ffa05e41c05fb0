import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterSpec, ClusterStatus } from '../../api/cluster.ts';
import { findingsOf } from './findings.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const AT = NOW.toISOString();

function rules(status: Partial<ClusterStatus>, spec: ClusterSpec = {}): string[] {
  const clusters = [{ project: 'p', name: 'c', spec, status: { phase: 'Ready', ...status } as const }];
  return findingsOf({ clusters, rollouts: [] }, NOW).map(
    ({ rule, severity, subject }) => `${rule} ${severity} ${subject}`,
  );
}

const layer = { name: 'web', version: '1.0.0', digest: '' };
const drift = {
  layer: 'web',
  object: 'Deployment.apps web/web',
  what: 'changed' as const,
  fields: ['.spec'],
  at: AT,
};

describe('findings', () => {
  test('of a cluster that is well there are none', () => {
    assert.deepEqual(
      rules({
        layers: [
          { ...layer, state: 'ready' },
          { ...layer, state: 'applying' },
        ],
        nodes: { ready: 3, total: 3 },
        drift: { count: 0, top: [{ ...drift, state: 'corrected' }] },
        agent: { seen: AT, version: '1', transport: 'network', certificateUntil: '2030-12-01T00:00:00Z' },
        conditions: [
          { type: 'Compiled', status: 'True', reason: 'Done', message: '', lastTransitionTime: AT },
          { type: 'HubBehind', status: 'False', reason: 'Done', message: '', lastTransitionTime: AT },
        ],
      }),
      [],
    );
  });

  test('of a silent cluster there is the silence, and nothing of what it said before', () => {
    const layers = [{ ...layer, state: 'failed' as const }];
    assert.deepEqual(rules({ phase: 'Unknown', layers }), ['AgentSilent critical agent']);
    const agent = { seen: AT, version: '1', transport: 'file' } as const;
    assert.deepEqual(rules({ phase: 'Unknown', agent }), ['AgentSilent info agent']);
  });

  test('of machines that were replaced those of the last 24 hours', () => {
    const replaced = ['2029-12-31T01:00:00Z', '2029-12-30T01:00:00Z'].map((at, index) => ({
      ...{ machine: `m${index}`, at, code: 'MACHINE_OFF', detail: 'it is off' },
    }));
    const controlPlane = { ready: 1, wanted: 1 };
    const infrastructure = { phase: 'Provisioned' as const, controlPlane, pools: [], machines: [], replaced };
    assert.deepEqual(rules({ infrastructure }), ['MachineReplaced info machine m0']);
  });

  test('of layers, drift, nodes and certificates', () => {
    assert.deepEqual(rules({ layers: [{ ...layer, state: 'failed' }] }), ['LayerFailed critical layer web']);
    assert.deepEqual(rules({ layers: [{ ...layer, state: 'degraded' }] }), [
      'LayerDegraded warning layer web',
    ]);
    assert.deepEqual(rules({ nodes: { ready: 2, total: 3 } }), ['NodeLost warning nodes']);
    assert.deepEqual(rules({ nodes: { ready: 0, total: 3 } }), ['NodeLost critical nodes']);
    const subject = 'web: Deployment.apps web/web';
    const top = (state: 'found' | 'contested' | 'failed') => ({
      drift: { count: 1, top: [{ ...drift, state }] },
    });
    assert.deepEqual(rules(top('found')), [`DriftFound warning ${subject}`]);
    assert.deepEqual(rules(top('failed')), [`DriftFound critical ${subject}`]);
    assert.deepEqual(rules(top('contested')), [`DriftContested critical ${subject}`]);
    assert.deepEqual(rules(top('found'), { policy: { drift: { mode: 'observe' } } }), []);
    const agent = { seen: AT, version: '1', transport: 'network' } as const;
    const until = (certificateUntil: string) => rules({ agent: { ...agent, certificateUntil } });
    assert.deepEqual(until('2030-04-01T00:00:00Z'), []);
    assert.deepEqual(until('2030-03-01T00:00:00Z'), ['CertificateEnding warning agent certificate']);
    assert.deepEqual(until('2030-01-05T00:00:00Z'), ['CertificateEnding critical agent certificate']);
    assert.deepEqual(until('2029-12-31T00:00:00Z'), ['CertificateEnding critical agent certificate']);
  });

  test('of conditions and rollouts', () => {
    const condition = (type: string, status: 'True' | 'False') =>
      rules({ conditions: [{ type, status, reason: 'R', message: 'm', lastTransitionTime: AT }] });
    assert.deepEqual(condition('Compiled', 'False'), ['CompileFailed critical condition Compiled']);
    assert.deepEqual(condition('EnvelopeAccepted', 'False'), [
      'EnvelopeRefused critical condition EnvelopeAccepted',
    ]);
    assert.deepEqual(condition('HubBehind', 'True'), ['HubBehind critical condition HubBehind']);
    assert.deepEqual(condition('AgentUnderstood', 'False'), [
      'AgentNotUnderstood critical condition AgentUnderstood',
    ]);
    assert.deepEqual(condition('AgentCurrent', 'False'), [
      'AgentUpgradeFailed warning condition AgentCurrent',
    ]);
    assert.deepEqual(condition('AgentInstalled', 'False'), [
      'AgentNotInstalled warning condition AgentInstalled',
    ]);
    const rollout = (phase: 'Running' | 'Stopped') =>
      findingsOf(
        {
          clusters: [],
          rollouts: [
            {
              project: 'p',
              name: 'r',
              status: { phase, total: 3, updated: 2, ready: 1, failed: 1, offline: 0 },
            },
          ],
        },
        NOW,
      ).map(({ rule, cluster }) => [rule, cluster]);
    assert.deepEqual(rollout('Running'), []);
    assert.deepEqual(rollout('Stopped'), [['RolloutStopped', undefined]]);
  });
});
