import type { Cluster } from '../../../client/kinds.ts';

type Given = Partial<Omit<Cluster, 'status'>> & { readonly status?: Partial<Cluster['status'] & object> };

/** A cluster as the hub answers it. */
export function sampleCluster(given: Given = {}): Cluster {
  const { status, ...rest } = given;
  return {
    name: 'edge-1',
    project: 'shop',
    uid: `uid-${given.name ?? 'edge-1'}`,
    created: '2026-11-01T00:00:00Z',
    labels: {},
    version: '1',
    spec: {},
    ...rest,
    ...(status === undefined ? {} : { status: { phase: 'Ready', ...status } }),
  };
}
