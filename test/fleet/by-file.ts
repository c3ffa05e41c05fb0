import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { skerry } from '../install/installer-run.ts';
import { type Fleet, type Member, PROJECT_NAME } from './fleet.ts';
import type { HubUser } from './hub-user.ts';
import type { Carry } from './managed.ts';

const PORT = 5001;

/** A site that no network reaches: a registry of its own, and somebody who carries a stick to and fro. */
export interface SiteByFile {
  /** Once there and back: from the hub to the agent, and what the agent says to the hub. */
  readonly carry: Carry;
  /** Only what the agent says to the hub. */
  readonly bringReport: Carry;
  /** What the stick has for the agent. */
  message(): Promise<string>;
  stop(): Promise<void>;
}

export async function siteByFile(fleet: Fleet, user: HubUser, member: Member): Promise<SiteByFile> {
  const { cluster, name } = member;
  const folder = join(fleet.folder, `stick-${name}`);
  const report = join(fleet.folder, `report-${name}.json`);
  await mkdir(folder, { recursive: true });
  const registry = await serveRegistry(fleet, cluster, join(fleet.folder, `registry-${name}`));
  await pointNodesAt(cluster, cluster.workstation.address, PORT);
  const own = async (args: readonly string[]) => await skerry(cluster, fleet.stick, args);
  let isFirst = true;
  const bringReport = async () => {
    await own(['report', 'export', '--output-file', report]);
    await user.run(['fleet', 'import-report', report]);
  };
  const carry = async () => {
    const from = `http://${fleet.hub.nodeAddress}:31999`;
    // What came over the wire before is not in the site's own registry: the first stick leaves nothing out.
    const all = isFirst ? ['--all'] : [];
    await user.run(['fleet', 'export', name, '--to', folder, '--registry', from, ...all]);
    isFirst = false;
    await own(['fleet', 'import', folder, '--registry', `http://127.0.0.1:${PORT}`]);
    await bringReport();
  };
  return {
    carry,
    bringReport,
    message: async () => await readFile(join(folder, 'clusters', `${PROJECT_NAME}.${name}.json`), 'utf8'),
    stop: async () => {
      registry.stop();
      await rm(report, { force: true });
    },
  };
}

/** Everybody may push who is on the site's workstation, as at a site whose own platform is there already. */
async function serveRegistry(
  { stick }: Fleet,
  { workstation }: Cluster,
  store: string,
): Promise<{ stop(): void }> {
  const args = ['registry', 'serve', '--store', store, '--listen', `0.0.0.0:${PORT}`];
  const child = workstation.exec(`${stick.folder}/skerry`, args);
  if (child.all !== null) await Promise.race([once(child.all, 'data'), child]);
  return { stop: () => void child.kill('SIGTERM') };
}

/** What localhost:31999 on the site's node leads to. */
async function pointNodesAt(cluster: Cluster, address: string, port: number): Promise<void> {
  await cluster.api.apply({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'skerry-registry-hub',
      namespace: 'skerry-system',
      labels: { 'kubernetes.io/service-name': 'skerry-registry' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'registry', port, protocol: 'TCP' }],
  });
}
