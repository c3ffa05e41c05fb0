import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ProcessIdentity } from './processes/process.ts';

const identity = z.object({ pid: z.number().int().positive(), started: z.string() });

const schema = z.object({
  name: z.string(),
  /** Decides the address ranges; unique among the clusters of one machine. */
  index: z.number().int().nonnegative(),
  /** The process that answers for the cluster; null when it is to outlive its starter. */
  owner: identity.nullable(),
  /** Network namespaces, the node's first. Written before they are made. */
  networks: z.array(z.string()),
  /** cgroup v1 and v2 folders of the cluster's pods. */
  cgroup: z.string(),
  processes: z.array(identity.extend({ name: z.string() })),
});

/** What is on the machine because of one cluster; enough to clear it away after a crash. */
export type ClusterState = z.infer<typeof schema>;
export type RecordedProcess = ProcessIdentity & { readonly name: string };

/** Where clusters keep what they need while they run. */
export const DEFAULT_ROOT = '/var/lib/skerry-clusters';

export function runFolder(root: string, name: string): string {
  return join(root, name);
}

export async function readState(root: string, name: string): Promise<ClusterState | undefined> {
  const text = await readFile(statePath(root, name), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return schema.safeParse(JSON.parse(text)).data;
}

/** Written whole or not at all, so that a crash never leaves half a file. */
export async function writeState(root: string, state: ClusterState): Promise<void> {
  const path = statePath(root, state.name);
  await mkdir(runFolder(root, state.name), { recursive: true, mode: 0o755 });
  await writeFile(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

export async function listStates(root: string): Promise<ClusterState[]> {
  const names = await readdir(root).catch(() => []);
  const states = await Promise.all(names.sort().map((name) => readState(root, name)));
  return states.filter((state) => state !== undefined);
}

function statePath(root: string, name: string): string {
  return join(runFolder(root, name), 'state.json');
}
