import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.ts';

const schema = z.object({
  /** Everything of its machines on disk. */
  folder: z.string(),
  /** The network namespace that has the bridge, and what machines' namespaces are named after. */
  network: z.string(),
  bridge: z.string(),
  /** The address of the bridge, which is every machine's gateway. */
  gateway: z.string(),
  /** The cgroup below which each machine has one. */
  cgroup: z.string(),
  /** The disk image that machines boot from. */
  template: z.string(),
  /** Those that have names of their own; what has another name boots from `template`. */
  templates: z.record(z.string(), z.string()),
  /** OCI archives that nodes have from the start. */
  preload: z.array(z.string()),
  /** First two numbers of the pods' addresses; without it machines bring no pod network along. */
  podPrefix: z.string().optional(),
});

/** Where machines stand: a bridge that they are wired to, a folder for their disks, the template that they boot. */
export type MachineSite = z.infer<typeof schema>;

export interface SiteOptions {
  readonly template: string;
  /** Further disks by the names that a cloud has for them. */
  readonly templates?: Readonly<Record<string, string>> | undefined;
  readonly preload?: readonly string[] | undefined;
  /** False leaves the network of pods to the cluster that is made. */
  readonly podNetwork?: boolean | undefined;
}

/** Machines beside a test cluster, on the link of its node. They end with the cluster. */
export async function machineSite(cluster: Cluster, options: SiteOptions): Promise<MachineSite> {
  const { template, templates = {}, preload = [], podNetwork = true } = options;
  const site: MachineSite = {
    folder: join(cluster.folder, 'machines'),
    network: cluster.network,
    bridge: 'island',
    gateway: cluster.plan.node,
    cgroup: `/skerry-${cluster.name}`,
    template,
    templates: { ...templates },
    preload: [...preload],
    ...(podNetwork ? { podPrefix: '10.204' } : {}),
  };
  await mkdir(site.folder, { recursive: true });
  await writeFile(siteFile(site.folder), JSON.stringify(site));
  return site;
}

/** The site of a folder, for a program that is started with nothing else. */
export async function readSite(folder: string): Promise<MachineSite> {
  return schema.parse(JSON.parse(await readFile(siteFile(folder), 'utf8')));
}

function siteFile(folder: string): string {
  return join(folder, 'site.json');
}
