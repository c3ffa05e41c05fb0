import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cgroupHierarchies } from '../cleanup.ts';

const CONTROLLERS = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'];

/** Makes the cgroup below which a cluster's pods live, in every hierarchy that has controllers. */
export async function createCgroup(name: string): Promise<void> {
  const old = await cgroupHierarchies(1);
  for (const hierarchy of old.length > 0 ? old : await cgroupHierarchies(2)) {
    const path = join(hierarchy, name);
    await mkdir(path, { recursive: true });
    if (basename(hierarchy).includes('cpuset')) await copyCpuset(hierarchy, path);
    await delegate(hierarchy, path);
  }
}

/** In version 1 a new cpuset has neither processors nor memory until it is given some. */
async function copyCpuset(from: string, to: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(to, file), await readFile(join(from, file)));
  }
}

/** In version 2 a controller works below a cgroup only when it was handed down. */
async function delegate(hierarchy: string, path: string): Promise<void> {
  const available = await readFile(join(hierarchy, 'cgroup.controllers'), 'utf8').catch(() => '');
  for (const controller of available.split(/\s+/).filter((one) => CONTROLLERS.includes(one))) {
    for (const level of [hierarchy, path]) {
      await writeFile(join(level, 'cgroup.subtree_control'), `+${controller}`);
    }
  }
}
