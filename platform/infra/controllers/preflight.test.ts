import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../provider/provider.ts';
import { preflightSaid, wantedShapes } from './preflight.ts';
import { CapiCluster, CapiReplicas, StoredTemplate } from './stored.ts';

const { signal } = new AbortController();
const metadata = (name: string) => ({ namespace: 'clusters-team', name, uid: name, resourceVersion: '1' });
const cluster = (controlPlaneRef?: object) =>
  CapiCluster.parse({ metadata: metadata('quay'), spec: { controlPlaneRef } });
const ref = { kind: 'KubeadmControlPlane', name: 'quay' };
const using = (template: string) => ({
  spec: { infrastructureRef: { kind: 'SkerryMachineTemplate', name: template } },
});
const controlPlane = CapiReplicas.parse({
  metadata: metadata('quay'),
  spec: { replicas: 3, machineTemplate: using('quay-cp') },
});
const pool = (name: string, clusterName: string, replicas: number) =>
  CapiReplicas.parse({ metadata: metadata(name), spec: { clusterName, replicas, template: using(name) } });
const template = (name: string, cpus: number) =>
  StoredTemplate.parse({
    metadata: metadata(name),
    spec: { template: { spec: { template: 'node-1.34.4', cpus } } },
  });
const byKey = <T extends { metadata: { namespace: string; name: string } }>(...all: readonly T[]) =>
  new Map(all.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));

const planned = {
  controlPlanes: byKey(controlPlane),
  deployments: byKey(pool('workers', 'quay', 2), pool('none', 'quay', 0), pool('others', 'pier', 9)),
  templates: byKey(
    template('quay-cp', 4),
    template('workers', 2),
    template('none', 2),
    template('others', 2),
  ),
};

test('what a new cluster is to have is its control plane and its own pools, by their templates', () => {
  assert.deepEqual(wantedShapes(planned, cluster(ref)), [
    { shape: { template: 'node-1.34.4', cpus: 4 }, count: 3 },
    { shape: { template: 'node-1.34.4', cpus: 2 }, count: 2 },
  ]);
});

test('nothing is judged before all is there that says what is wanted', () => {
  const none = byKey<CapiReplicas>();
  assert.equal(wantedShapes({ ...planned, controlPlanes: none }, cluster(ref)), undefined);
  assert.equal(
    wantedShapes({ ...planned, templates: byKey(template('quay-cp', 4)) }, cluster(ref)),
    undefined,
  );
  // Machines that somebody made without a control plane of Cluster API's.
  assert.deepEqual(wantedShapes({ ...planned, controlPlanes: none, deployments: none }, cluster()), []);
});

test('errors are reported by the first code, each once; a warning stops nothing', async () => {
  const finding = (code: string, severity: Finding['severity'], subject: string): Finding => ({
    ...{ code, severity, subject, detail: undefined },
  });
  const said = async (...findings: readonly Finding[]) => {
    const { status, reason, message } = await preflightSaid(async () => findings, signal);
    return [status, reason, message];
  };
  assert.deepEqual(await said(finding('QUOTA_EXCEEDED', 'warning', 'datastore a')), ['True', 'Passed', '']);
  assert.deepEqual(
    await said(
      finding('TEMPLATE_UNKNOWN', 'error', 'template x'),
      finding('TEMPLATE_UNKNOWN', 'error', 'template x'),
      finding('NETWORK_UNKNOWN', 'error', 'network y'),
    ),
    ['False', 'TEMPLATE_UNKNOWN', 'template x; network y'],
  );
});
