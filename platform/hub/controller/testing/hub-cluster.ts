import type { KubeObject } from '../../../../apply/object.ts';
import { ScriptedApiServer } from '../../../../apply/testing/api-server.ts';
import type { ClusterSpec } from '../../../api/cluster.ts';
import type { ClusterProfileSpec } from '../../../api/cluster-profile.ts';
import { definitionOf } from '../../../api/custom-resource.ts';
import { API_VERSION } from '../../../api/group.ts';
import { kinds } from '../../../api/kinds.ts';
import { profileObjectName } from '../../../api/names.ts';
import type { Report } from '../../../desired/report.ts';
import { StoredCluster } from '../../watched/stored.ts';

export const KEY = `SHA256:${'A'.repeat(43)}`;
export const PROJECT = 'team';

/** An API server that knows the kinds of the platform, with one project. */
export async function startHubCluster(): Promise<ScriptedApiServer> {
  const server = await ScriptedApiServer.start();
  server.put(...kinds.map((kind): KubeObject => definitionOf(kind)));
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: PROJECT } });
  return server;
}

/** A Cluster whose agent was accepted. */
export function clusterObject(name: string, spec: ClusterSpec = {}, status: object = {}): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'Cluster',
    metadata: { name, namespace: PROJECT },
    spec: { agent: { key: KEY }, ...spec },
    status: { id: `uid-${name}`, sealingKey: { kty: 'EC' }, ...status },
  };
}

export function profileObject(spec: ClusterProfileSpec): KubeObject {
  const metadata = { name: profileObjectName(spec), namespace: PROJECT };
  return { apiVersion: API_VERSION, kind: 'ClusterProfile', metadata, spec };
}

export function readCluster(server: ScriptedApiServer, name: string): StoredCluster {
  return StoredCluster.parse(server.objects.find(`Cluster.skerry.dev ${PROJECT}/${name}`));
}

/** As somebody else edits a spec; the generation grows, as the API server has it. */
export function editSpec(server: ScriptedApiServer, name: string, spec: Partial<ClusterSpec>): void {
  const object = server.objects.find(`Cluster.skerry.dev ${PROJECT}/${name}`);
  if (object === undefined) throw new Error(`no cluster ${name}`);
  const generation = (object.metadata.generation ?? 1) + 1;
  const before = typeof object.spec === 'object' ? object.spec : {};
  server.objects.replace({
    ...object,
    metadata: { ...object.metadata, generation },
    spec: { ...before, ...spec },
  });
}

/** What an agent says that has all of an envelope. */
export function reportOf(
  name: string,
  envelope: { number: number; digest: string },
  more: Partial<Report> = {},
): Report {
  return {
    version: 1,
    cluster: { project: PROJECT, name, id: `uid-${name}` },
    agentVersion: '0.1.0',
    number: 1,
    at: '2026-01-01T00:00:00Z',
    envelope: { ...envelope, state: 'complete', since: '2026-01-01T00:00:00Z', seconds: 12 },
    layers: [{ name: 'web', version: '1.0.0', digest: 'sha256:1', state: 'ready', seconds: 9 }],
    removed: [],
    drift: { count: 0, items: [] },
    kubernetes: 'v1.34.4',
    nodes: { ready: 1, total: 1, lost: [] },
    capacity: { cpu: 2, memoryBytes: 1, pods: 110 },
    certificates: [{ name: 'agent', until: '2026-03-01T00:00:00Z' }],
    ...more,
  };
}
