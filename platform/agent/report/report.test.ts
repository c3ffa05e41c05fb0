import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_REPORT_BYTES, Report } from '../../desired/report.ts';
import { UNSEEN } from '../health/cluster-health.ts';
import { reportOf } from './report.ts';

const AT = '2026-01-01T00:00:00Z';
const FACTS = {
  cluster: { project: 'p'.repeat(63), name: 'n'.repeat(63), id: 'i'.repeat(36) },
  agentVersion: '1.0.0',
  envelope: { number: 1, digest: `sha256:${'a'.repeat(64)}`, state: 'failed', since: AT },
} as const;

test('the largest report fits, with every layer and every count in it', () => {
  const layers = Array.from({ length: 64 }, (_, index) => ({
    name: `layer-${index}`.padEnd(53, 'x'),
    version: '1.0.0-'.padEnd(64, 'x'),
    digest: `sha512:${'a'.repeat(128)}`,
    state: 'failed' as const,
    code: 'X'.repeat(63),
    message: 'ü'.repeat(500),
  }));
  const drift = Array.from({ length: 30 }, (_, index) => ({
    layer: 'x'.repeat(53),
    object: `Deployment.apps ${index}`.padEnd(400, 'x'),
    what: 'changed' as const,
    fields: Array.from({ length: 10 }, () => 'f'.repeat(200)),
    by: 'b'.repeat(200),
    at: AT,
    state: 'found' as const,
  }));
  const lost = Array.from({ length: 20 }, () => ({
    name: 'n'.repeat(253),
    since: AT,
    reason: 'r'.repeat(200),
    machine: 'm'.repeat(300),
  }));
  const body = reportOf({
    ...FACTS,
    refused: { number: 2, code: 'X'.repeat(63), detail: 'd'.repeat(500) },
    layers,
    removed: Array.from({ length: 100 }, (_, index) => `r${index}`.padEnd(53, 'x')),
    drift,
    health: { ...UNSEEN, nodes: { ready: 0, total: 40, lost } },
  });
  const report = Report.parse({ ...body, number: 1, at: '2026-01-01T00:00:00.000Z' });
  assert.ok(Buffer.byteLength(JSON.stringify(report)) <= MAX_REPORT_BYTES);
  assert.equal(report.layers.length, 64);
  assert.deepEqual([report.drift.count, report.nodes.total], [30, 40]);
});

test('what was put back is reported and not counted', () => {
  const what = 'changed' as const;
  const item = { layer: 'web', object: 'ConfigMap web/web', what, fields: ['.data.a'], at: AT };
  const open = (['found', 'contested', 'failed'] as const).map((state) => ({ ...item, state }));
  const drift = [...open, { ...item, state: 'corrected' as const }];
  const facts = { ...FACTS, refused: undefined, layers: [], removed: [], health: UNSEEN };
  assert.deepEqual(reportOf({ ...facts, drift }).drift, { count: 3, items: drift });
  assert.equal(reportOf({ ...facts, drift: drift.slice(3) }).drift.count, 0);
});

test('a gateway with more machines than fit tells of every cause, and first leaves out those that are ready', () => {
  const machines = Array.from({ length: 50 }, (_, index) => ({
    name: `machine-${index}`.padEnd(60, 'x'),
    pool: 'workers',
    phase: index < 10 ? ('creating' as const) : ('ready' as const),
    since: AT,
    ...(index < 10 ? { code: 'QUOTA_EXCEEDED', detail: 'd'.repeat(500) } : {}),
  }));
  const state = {
    phase: 'Provisioning' as const,
    controlPlane: { ready: 3, wanted: 3 },
    pools: [{ name: 'workers', ready: 40, wanted: 50 }],
    machines,
  };
  const gatewayOf = (count: number) => ({
    running: 10 * count,
    accounts: [],
    clusters: Array.from({ length: count }, (_, index) => ({ project: 'shop', name: `c${index}`, state })),
  });
  const facts = { ...FACTS, refused: undefined, layers: [], removed: [], drift: [], health: UNSEEN };
  const reportWith = (count: number) =>
    Report.parse({ ...reportOf({ ...facts, gateway: gatewayOf(count) }), number: 1, at: AT }).gateway;
  assert.equal(reportWith(1)?.clusters[0]?.state.machines.length, 50);
  const many = reportWith(5);
  assert.deepEqual(
    many?.clusters.map(({ state }) => state.machines.length),
    [10, 10, 10, 10, 10],
  );
  const full = reportWith(100);
  assert.equal(full?.running, 1000);
  assert.equal(full?.clusters.length, 100);
  for (const { state } of full?.clusters ?? [])
    assert.deepEqual(
      state.machines.map(({ code }) => code),
      ['QUOTA_EXCEEDED'],
    );
  assert.ok(Buffer.byteLength(JSON.stringify(full)) <= MAX_REPORT_BYTES);
});
