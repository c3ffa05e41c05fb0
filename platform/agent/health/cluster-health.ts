import type { KubeClient } from '../../../apply/client/client.ts';
import type { Report } from '../../desired/report.ts';
import { capacityOf } from './capacity.ts';
import { certificateEnd, certificatesOf } from './certificates.ts';
import { nodeHealth } from './node-health.ts';

export type ClusterHealth = Pick<Report, 'nodes' | 'capacity' | 'kubernetes' | 'certificates'>;

export const UNSEEN: ClusterHealth = {
  nodes: { ready: 0, total: 0, lost: [] },
  capacity: { cpu: 0, memoryBytes: 0, pods: 0 },
  kubernetes: '',
  certificates: [],
};

/** What there is to say of a cluster besides its layers. `certificate` is the end of the agent's own. */
export async function readClusterHealth(
  client: Pick<KubeClient, 'list' | 'version' | 'server'>,
  certificate: string | undefined,
  signal: AbortSignal,
): Promise<ClusterHealth> {
  const [{ items }, { gitVersion }, apiServer] = await Promise.all([
    client.list({ apiVersion: 'v1', kind: 'Node' }, { signal }),
    client.version({ signal }),
    certificateEnd(client.server, signal),
  ]);
  return {
    nodes: nodeHealth(items),
    capacity: capacityOf(items),
    kubernetes: gitVersion.slice(0, 64),
    certificates: certificatesOf(certificate, apiServer),
  };
}
