import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { createAuthority, issue } from '../cluster/certificate.ts';
import { clusterError } from '../cluster/errors.ts';
import { executablePath } from '../cluster/host.ts';
import { spawnRecorded } from '../cluster/processes/daemon.ts';
import { end } from '../cluster/processes/process.ts';
import type { MachineSite } from '../machines/site.ts';

export interface VcsimOptions {
  /** For its files. */
  readonly folder: string;
  /** Address and port that it listens on; port 0 takes a free one. */
  readonly listen?: string | undefined;
  /** The network namespace that it lives in, as `workstation.network`; the test's own when absent. */
  readonly network?: string | undefined;
  /** With it, clones of templates are machines that boot there; the site's further templates are in the inventory too. */
  readonly machines?: MachineSite | undefined;
  /** More arguments of the program, as `-delay=200`. */
  readonly args?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Vcsim {
  /** As `https://10.201.0.10:8989`. */
  readonly endpoint: string;
  /** The authority that its certificate is signed by (PEM). */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  /** The node template's name in its inventory, below /DC0/vm. */
  readonly template: string;
  /** What it wrote: one line for each method when VCSIM tracing is on, and its errors. */
  readonly log: string;
  stop(): Promise<void>;
}

export const VCSIM_TEMPLATE = 'skerry-node';
const READY_MILLISECONDS = 30_000;

/** A vCenter for tests: VMware's own simulator, with one template. Throws CLUSTER_START_FAILED. */
export async function startVcsim(options: VcsimOptions): Promise<Vcsim> {
  const { folder, network, machines, listen = '127.0.0.1:0', args = [], signal } = options;
  const { vcsim } = await ensurePrograms(['vcsim'], { cache: programCache(process.env), signal });
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const log = join(folder, 'vcsim.log');
  if (machines !== undefined) await writeShim(join(bin, 'docker'), machines);
  const templates = [VCSIM_TEMPLATE, ...Object.keys(machines?.templates ?? {})].join(',');
  const boot = machines === undefined ? [] : ['-boot', '-guests', machines.folder];
  const own = ['-listen', listen, '-template', templates, ...boot, ...args];
  const host = listen.slice(0, listen.lastIndexOf(':'));
  const authority = await createAuthority('vcenter authority', new Date());
  const identity = await issue(authority, { user: 'vcenter', hosts: [host, '127.0.0.1'] }, new Date());
  const [certificate, key] = [join(folder, 'vcsim.crt'), join(folder, 'vcsim.key')];
  await writeFile(certificate, identity.certificate);
  await writeFile(key, identity.key, { mode: 0o600 });
  const [file, all] =
    network === undefined ? [vcsim, own] : ['nsenter', [`--net=/run/netns/${network}`, '--', vcsim, ...own]];
  const daemon = await spawnRecorded(file, [...all, '-certificate', certificate, '-key', key], {
    log,
    path: `${bin}:${executablePath()}`,
    // It leaves datastores behind: they go with its folder. Each look at a machine starts a program, half a second of one
    // processor: it sees for itself what it does to machines, and only what happens to them otherwise comes by looking.
    env: { TMPDIR: folder, VCSIM_INSPECT_INTERVAL: '5s', VCSIM_EVENT_CONSOLIDATION_WINDOW: '50ms' },
  });
  const stop = async () => {
    await end([daemon]);
  };
  const deadline = Date.now() + READY_MILLISECONDS;
  while (Date.now() < deadline && !daemon.hasEnded()) {
    const text = await readFile(log, 'utf8');
    const endpoint = /^ready (https:\/\/\S+?)\/?$/m.exec(text)?.[1];
    if (endpoint !== undefined) {
      const login = { username: 'skerry', password: 'secret' };
      return { endpoint, ca: authority.certificate, ...login, template: VCSIM_TEMPLATE, log, stop };
    }
    await sleep(50, undefined, { signal });
  }
  await stop();
  throw clusterError('CLUSTER_START_FAILED', {
    subject: log,
    detail: (await readFile(log, 'utf8')).slice(-2000),
  });
}

async function writeShim(path: string, { folder }: MachineSite): Promise<void> {
  const program = join(import.meta.dirname, '../machines/docker.ts');
  await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' '${program}' '${folder}' "$@"\n`);
  await chmod(path, 0o755);
}
