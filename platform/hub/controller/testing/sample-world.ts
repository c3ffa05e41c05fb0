import type { KubeObject } from '../../../../apply/object.ts';
import type { ScriptedApiServer } from '../../../../apply/testing/api-server.ts';
import { ClusterProfileSpec } from '../../../api/cluster-profile.ts';
import type { Envelope } from '../../../desired/envelope.ts';
import type { Report } from '../../../desired/report.ts';
import { samplePacks, sampleSealing } from '../../compile/testing/sample.ts';
import { summaryOf } from '../../watched/revision-summary.ts';
import { StoredCluster, StoredRevision } from '../../watched/stored.ts';
import type { ClusterWorld } from '../cluster-work.ts';
import { KeptEnvelopes } from '../kept-envelopes.ts';
import { envelopeOf } from '../revisions.ts';
import { PROJECT } from './hub-cluster.ts';
import type { ManualClock } from './manual-clock.ts';

export const HUB = { urls: ['https://hub.test'], authorities: ['ca'], keys: ['key'] };

/** As DSSE has it, but for the signature. */
export function sampleSign(payloadType: string, bytes: Uint8Array) {
  return {
    payloadType,
    payload: Buffer.from(bytes).toString('base64'),
    signatures: [{ keyid: 'test', sig: 'none' }],
  };
}

/** The work on clusters, with all that it needs read from an API server each time. */
export function sampleWorld(
  server: ScriptedApiServer,
  clock: ManualClock,
  reports: Map<string, Report>,
): ClusterWorld {
  const find = (kind: string, name: string) => server.objects.find(`${kind}.skerry.dev ${PROJECT}/${name}`);
  const client = server.client();
  return {
    client,
    envelopes: new KeptEnvelopes(client),
    made: () => undefined,
    cluster: (key) => {
      const found = find('Cluster', key.slice(PROJECT.length + 1));
      return found === undefined ? undefined : StoredCluster.parse(found);
    },
    profile: (_, name) => {
      const found = find('ClusterProfile', name);
      return found === undefined ? undefined : ClusterProfileSpec.parse(found.spec);
    },
    registries: () => new Map(),
    revisions: (key) =>
      storedRevisions(server)
        .map(summaryOf)
        .filter(({ cluster }) => key === `${PROJECT}/${cluster}`),
    report: (key) => reports.get(key),
    lookUp: async () => samplePacks({ missing: { state: 'unknown-name' } }),
    platformRegistry: { address: 'registry.test', packsPrefix: 'skerry/packs' },
    door: () => HUB,
    agentImage: async () => undefined,
    sealing: sampleSealing(),
    sign: sampleSign,
    now: () => clock.date(),
  };
}

/** Oldest first. */
export function storedRevisions(server: ScriptedApiServer): StoredRevision[] {
  return server.objects
    .all()
    .filter(({ kind }) => kind === 'ClusterRevision')
    .map((object: KubeObject) => StoredRevision.parse(object))
    .sort((a, b) => a.spec.number - b.spec.number);
}

export function envelopes(server: ScriptedApiServer): Envelope[] {
  return storedRevisions(server).map(envelopeOf);
}
