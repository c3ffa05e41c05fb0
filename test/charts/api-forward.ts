import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.ts';
import { forwardPort } from '../cluster/network/forward-port.ts';

/** Lets programs outside of the island talk to its API server: a port on loopback, and kubeconfigs for it. */
export interface ApiForward {
  readonly url: string;
  /** Writes a copy of an island's kubeconfig that goes through the port; gives its path. */
  kubeconfig(path: string, folder: string): Promise<string>;
  close(): void;
}

const kubeconfigSchema = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
});

export async function forwardApi(cluster: Pick<Cluster, 'connect' | 'nodeAddress'>): Promise<ApiForward> {
  const { port, close } = await forwardPort(cluster, cluster.nodeAddress, 6443);
  const url = `https://localhost:${port}`;
  return {
    url,
    kubeconfig: async (path, folder) => {
      const config = kubeconfigSchema.parse(parse(await readFile(path, 'utf8')));
      for (const { cluster: entry } of config.clusters) entry.server = url;
      const copy = join(folder, `${crypto.randomUUID()}.yaml`);
      await writeFile(copy, stringify(config), { mode: 0o600 });
      return copy;
    },
    close,
  };
}
