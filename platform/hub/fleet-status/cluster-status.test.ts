import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Report } from '../../desired/report.ts';
import { conditionOf } from '../controller/conditions.ts';
import { KEY, reportOf } from '../controller/testing/hub-cluster.ts';
import { clusterStatus, type Observed } from './cluster-status.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const MARK = { number: 3, digest: 'sha256:3' };

function observed(more: Partial<Observed> = {}, report: Partial<Report> = {}): Observed {
  return {
    spec: { agent: { key: KEY } },
    status: { id: 'uid-edge', desired: { ...MARK, at: '2026-01-01T00:00:00Z' } },
    report: reportOf('edge', MARK, report),
    transport: 'network',
    seen: at(10),
    isSilent: false,
    now: at(20),
    ...more,
  };
}

const complete = reportOf('edge', MARK).envelope;

describe('the agent of a cluster', () => {
  const current = (
    version: string | undefined,
    report: Partial<Report> = {},
    before: Partial<Observed> = {},
  ) => {
    const spec = { agent: { key: KEY, ...(version === undefined ? {} : { version }) } };
    const { conditions } = clusterStatus(observed({ spec, ...before }, report));
    const found = conditionOf(conditions, 'AgentCurrent');
    return found === undefined ? undefined : [found.status, found.reason];
  };
  const upgrade = { version: '0.2.0', code: 'AGENT_UPGRADE_FAILED', detail: 'it has ended 3 times' };

  test('is the version that was asked for, or is becoming it, or says why it is not', () => {
    assert.equal(current(undefined), undefined);
    assert.deepEqual(current('0.1.0'), ['True', 'VersionRuns']);
    assert.deepEqual(current('0.2.0'), ['Unknown', 'Upgrading']);
    assert.deepEqual(current('0.2.0', { upgrade }), ['False', 'AGENT_UPGRADE_FAILED']);
  });

  test('has not failed to become what is asked for now when it failed to become another', () => {
    assert.deepEqual(current('0.3.0', { upgrade }), ['Unknown', 'Upgrading']);
    assert.deepEqual(current('0.1.0', { upgrade }), ['True', 'VersionRuns']);
  });

  test('is said not to be understood as long as it is not', () => {
    const understood = (problem: string | undefined, before: Partial<Observed> = {}) =>
      conditionOf(clusterStatus(observed({ problem, ...before })).conditions, 'AgentUnderstood');
    assert.equal(understood(undefined), undefined);
    assert.equal(understood(''), undefined);
    const found = understood('AGENT_PROTOCOL_OLD');
    assert.deepEqual([found?.status, found?.reason], ['False', 'AGENT_PROTOCOL_OLD']);
    assert.ok(found !== undefined);
    const status = { ...observed().status, conditions: [found] };
    assert.equal(understood(undefined, { status })?.status, 'False');
    assert.equal(understood('', { status })?.status, 'True');
  });

  test('is known for what it says that it knows, until it says something else', () => {
    const featuresAfter = (report: Partial<Report> | undefined, before: string[]) => {
      const agent = { seen: '', version: '', transport: 'network', features: before } as const;
      const status = { ...observed().status, agent };
      const input = report === undefined ? { report } : {};
      return clusterStatus(observed({ status, ...input }, report)).agent?.features;
    };
    assert.deepEqual(featuresAfter({ features: ['canary'] }, []), ['canary']);
    assert.deepEqual(featuresAfter(undefined, ['canary']), ['canary']);
    assert.equal(featuresAfter({}, ['canary']), undefined);
  });

  test('is no matter any more when no version is asked for', () => {
    const { conditions } = clusterStatus(
      observed({ spec: { agent: { key: KEY, version: '0.2.0' } } }, { upgrade }),
    );
    const status = { ...observed().status, conditions };
    assert.deepEqual(current(undefined, {}, { status }), ['True', 'NoVersionWanted']);
  });
});

describe('the phase of a cluster', () => {
  const lost = { name: 'n1', since: '', reason: 'NodeStatusUnknown' };
  const cases: Record<string, [phase: string, observed: Observed]> = {
    'all is as it should be': ['Ready', observed()],
    'nobody asked to be its agent': ['Pending', observed({ spec: {} })],
    'a key waits for being accepted': [
      'Enrolling',
      observed({ spec: {}, status: { request: { key: KEY, at: '' } } }),
    ],
    'the agent was accepted and never heard of': [
      'Enrolling',
      observed({ seen: undefined, report: undefined }),
    ],
    'the agent is silent': ['Unknown', observed({ isSilent: true })],
    'the agent holds an older envelope': ['Applying', observed({}, { envelope: { ...complete, number: 2 } })],
    'the agent holds another envelope of this number': [
      'Applying',
      observed({}, { envelope: { ...complete, digest: 'sha256:x' } }),
    ],
    'it is being applied': ['Applying', observed({}, { envelope: { ...complete, state: 'applying' } })],
    'a layer failed': [
      'Failed',
      observed({}, { layers: [{ name: 'a', version: '1', digest: '', state: 'failed' }] }),
    ],
    'a layer is degraded': [
      'Degraded',
      observed({}, { layers: [{ name: 'a', version: '1', digest: '', state: 'degraded' }] }),
    ],
    'a node is lost': ['Degraded', observed({}, { nodes: { ready: 2, total: 2, lost: [lost] } })],
    'a node is not ready': ['Degraded', observed({}, { nodes: { ready: 1, total: 2, lost: [] } })],
    'it is paused': ['Paused', observed({ spec: { agent: { key: KEY }, paused: true } })],
    'the hub has just started': [
      'Ready',
      observed({
        report: undefined,
        status: { ...observed().status, phase: 'Ready', applied: { ...MARK, at: '' } },
      }),
    ],
  };
  for (const [what, [phase, input]] of Object.entries(cases)) {
    test(`is ${phase} when ${what}`, () => {
      const status = clusterStatus(input);
      assert.equal(status.phase, phase);
      assert.equal(
        conditionOf(status.conditions, 'Healthy')?.status === 'True',
        phase === 'Ready' && input.report !== undefined,
      );
    });
  }

  test('is reported with how long it took, by layer', () => {
    const status = clusterStatus(observed());
    assert.equal(status.completedAfterSeconds, 12);
    assert.equal(status.layers?.[0]?.seconds, 9);
    assert.equal(status.applied?.number, 3);
    assert.equal(status.agent?.certificateUntil, '2026-03-01T00:00:00Z');
    assert.equal(conditionOf(status.conditions, 'Complete')?.status, 'True');
  });

  test('says that two agents speak for the cluster as long as they do, and then that one does', () => {
    const before = clusterStatus(observed({ isDuplicated: false }));
    assert.equal(conditionOf(before.conditions, 'AgentUnique'), undefined);
    const twice = clusterStatus(observed({ isDuplicated: true }));
    const doubt = conditionOf(twice.conditions, 'AgentUnique');
    assert.deepEqual([doubt?.status, doubt?.message.split(':')[0]], ['False', 'AGENT_DUPLICATED']);
    const status = { ...observed().status, conditions: twice.conditions };
    const alone = clusterStatus(observed({ isDuplicated: false, status }));
    assert.equal(conditionOf(alone.conditions, 'AgentUnique')?.status, 'True');
  });
});
