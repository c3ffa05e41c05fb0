import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import type { ClusterApi } from './api.ts';
import { CLUSTER_DOMAIN } from './configuration.ts';
import { clusterError } from './errors.ts';
import { enterNetwork } from './network/network.ts';
import { command } from './processes/command.ts';
import type { Daemon } from './processes/daemon.ts';

export interface RunningDaemon extends Daemon {
  readonly name: string;
  readonly log: string;
}

const LIMIT_MILLISECONDS = 90_000;
const POLL_MILLISECONDS = 100;
const LOG_TAIL = 3_000;

/** Waits for something to hold, as long as all daemons run. Throws CLUSTER_START_FAILED with the end of a log. */
export async function waitUntil(
  what: string,
  holds: () => Promise<boolean>,
  daemons: readonly RunningDaemon[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + LIMIT_MILLISECONDS;
  let last = '';
  for (;;) {
    signal?.throwIfAborted();
    try {
      if (await holds()) return;
    } catch (error) {
      last = messageOf(error);
    }
    const ended = daemons.find((daemon) => daemon.hasEnded());
    if (ended !== undefined) throw await failed(`${ended.name} has ended`, ended.log, '');
    if (Date.now() > deadline) throw await failed(`waited too long for ${what}`, daemons.at(-1)?.log, last);
    await sleep(POLL_MILLISECONDS, undefined, { signal });
  }
}

async function failed(subject: string, log: string | undefined, last: string) {
  const tail = log === undefined ? '' : await readFile(log, 'utf8').catch(() => '');
  return clusterError('CLUSTER_START_FAILED', {
    subject,
    detail: `${last}\n${log}:\n${tail.slice(-LOG_TAIL)}`,
  });
}

export async function apiAnswers(api: ClusterApi): Promise<boolean> {
  return (await api.request('/readyz', { timeout: 2_000 })).status === 200;
}

const node = z.object({
  spec: z.object({ taints: z.array(z.unknown()).optional() }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional() }),
});

/** True when pods can be scheduled: the node is Ready and untainted, and the default service account is there. */
export async function nodeIsReady(api: ClusterApi, name: string): Promise<boolean> {
  const found = await api.get(`/api/v1/nodes/${name}`);
  if (found === undefined) return false;
  const { spec, status } = node.parse(found);
  const ready = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  return ready && (spec.taints ?? []).length === 0 && (await api.get(account)) !== undefined;
}

const ASK = `
const [server, name] = process.argv.slice(1);
const resolver = new (require('node:dns').promises.Resolver)({ timeout: 300, tries: 1 });
resolver.setServers([server]);
(async () => {
  for (let tries = 0; ; tries++) {
    try { return console.log((await resolver.resolve4(name)).join()); }
    catch (error) { if (tries === 20) throw error; }
    await new Promise((done) => setTimeout(done, 100));
  }
})();
`;

/** True when cluster DNS answers at its Service's address. */
export async function dnsAnswers(network: string, server: string): Promise<boolean> {
  const [file, args] = enterNetwork(network);
  const name = `kubernetes.default.svc.${CLUSTER_DOMAIN}`;
  return (await command(file, [...args, process.execPath, '-e', ASK, server, name])).length > 0;
}
