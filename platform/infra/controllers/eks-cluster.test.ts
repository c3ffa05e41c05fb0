import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InfrastructureState } from '../../api/infrastructure.ts';
import { eksCluster } from './eks-cluster.ts';
import { CapiCluster, CapiReplicas, StoredInfraCluster } from './stored.ts';
import { summaryOf } from './summary.ts';

const FULL =
  'failed to create EKS cluster: operation error EKS: CreateCluster, api error ResourceLimitExceededException: no';
const DENIED = 'operation error EKS: UpdateNodegroupConfig, api error AccessDeniedException: not you';
const failed = (message: string) => [
  { type: 'Ready', status: 'False', severity: 'Error', message },
  { type: 'EKSReady', status: 'False', severity: 'Error', message },
];

function controlPlane(status: object) {
  const apiVersion = 'controlplane.cluster.x-k8s.io/v1beta2';
  return { apiVersion, kind: 'AWSManagedControlPlane', metadata: { name: 'site' }, status };
}

function pool(status: object) {
  const apiVersion = 'infrastructure.cluster.x-k8s.io/v1beta2';
  return { apiVersion, kind: 'AWSManagedMachinePool', metadata: { name: 'site-workers' }, status };
}

describe('a cluster of EKS', () => {
  test('has a control plane that is there or not, with its version', () => {
    assert.deepEqual(eksCluster(undefined, []).controlPlane, { ready: 0, wanted: 1 });
    const made = eksCluster(controlPlane({ ready: true, version: 'v1.34' }), [pool({})]);
    assert.deepEqual([made.controlPlane.ready, made.kubernetes, made.trouble], [1, 'v1.34', undefined]);
    assert.equal(made.poolTroubles.size, 0);
  });

  test('has the trouble that AWS told, of the control plane and of each pool', () => {
    const eks = eksCluster(controlPlane({ conditions: failed(FULL) }), [
      pool({ conditions: failed(DENIED) }),
    ]);
    assert.equal(eks.trouble?.code, 'QUOTA_EXCEEDED');
    assert.equal(eks.poolTroubles.get('site-workers')?.code, 'CLOUD_PERMISSION_MISSING');
  });

  test('is reported to the hub with counts, version and causes, though no object of Cluster API has them', () => {
    const metadata = {
      name: 'site',
      namespace: 'clusters-team',
      uid: 'u',
      creationTimestamp: '2026-01-01T00:00:00Z',
    };
    const initialization = { infrastructureProvisioned: true, controlPlaneInitialized: true };
    const parts = (readyReplicas: number, status: object) => ({
      cluster: StoredInfraCluster.parse({
        metadata,
        spec: {
          origin: { project: 'team', name: 'site', id: 'id' },
          account: { namespace: 'clusters-team', name: 'tenant' },
        },
      }),
      capi: CapiCluster.parse({
        metadata,
        spec: { controlPlaneEndpoint: { host: 'https://abc.eks.example', port: 443 } },
        status: { initialization },
      }),
      machines: [],
      infra: new Map(),
      controlPlane: undefined,
      deployments: [
        CapiReplicas.parse({
          metadata: {
            ...metadata,
            name: 'site-workers',
            labels: { 'infrastructure.skerry.dev/pool': 'workers' },
          },
          spec: { replicas: 2, clusterName: 'site' },
          status: { replicas: 2, readyReplicas, upToDateReplicas: 2 },
        }),
      ],
      eks: eksCluster(controlPlane({ ready: true, version: 'v1.34' }), [pool(status)]),
      conditions: [],
    });
    const now = new Date('2026-01-01T01:00:00Z');
    const whole = summaryOf(parts(2, {}), now);
    assert.deepEqual([whole.phase, whole.kubernetes], ['Provisioned', 'v1.34']);
    assert.equal(whole.endpoint, 'https://abc.eks.example');
    assert.deepEqual(whole.pools, [{ name: 'workers', ready: 2, wanted: 2 }]);
    const short = summaryOf(parts(1, { conditions: failed(DENIED) }), now);
    assert.deepEqual([short.phase, short.pools[0]?.code], ['Scaling', 'CLOUD_PERMISSION_MISSING']);
    assert.equal(InfrastructureState.safeParse(short).success, true);
  });
});
