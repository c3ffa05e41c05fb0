import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { SERVICE_ACCOUNT_FOLDER } from '../../apply/client/service-account.ts';
import { AGENT_ENVIRONMENT, AGENT_NODE_FLAGS } from '../../manifests/node-flags.ts';
import { bundleCode } from '../../scripts/bundle-code.ts';

export interface AgentProcess {
  /** Resident memory in bytes, without that of helm. */
  memory(): Promise<number>;
  log(): string;
  stop(): Promise<number | null>;
}

const Kubeconfig = z.looseObject({
  clusters: z.tuple([
    z.looseObject({
      cluster: z.looseObject({ server: z.url(), 'certificate-authority-data': z.string() }),
    }),
  ]),
  users: z.tuple([z.looseObject({ user: z.looseObject({ token: z.string() }) })]),
});

/**
 * The agent as a process of its own, the way it runs in its pod: the images' code, and its service account where the
 * kubelet puts it, seen by this process alone. `kubeconfig` has a token.
 */
export async function startAgentProcess(
  kubeconfig: string,
  helm: string,
  scratch: string,
): Promise<AgentProcess> {
  await mkdir(scratch, { recursive: true });
  const code = join(scratch, 'code');
  await bundleCode(code);
  const config = Kubeconfig.parse(parse(await readFile(kubeconfig, 'utf8')));
  const [{ cluster }] = config.clusters;
  const account = join(scratch, 'account');
  await mkdir(account, { mode: 0o700 });
  await writeFile(join(account, 'token'), config.users[0].user.token);
  await writeFile(join(account, 'ca.crt'), Buffer.from(cluster['certificate-authority-data'], 'base64'));
  const { hostname, port } = new URL(cluster.server);
  const agent = ['agent', '--helm', helm, '--scratch', join(scratch, 'agent'), '--probe-port', '0'];
  const args = [process.execPath, ...AGENT_NODE_FLAGS, join(code, 'skerry.mjs'), ...agent];
  const env = {
    ...AGENT_ENVIRONMENT,
    PATH: process.env.PATH,
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
  };
  const child = spawn('unshare', ['--mount', 'sh', '-c', AS_IN_POD, account, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
  return {
    memory: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    },
    log: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      for (let tries = 0; child.exitCode === null && tries < 200; tries++) await sleep(50);
      return child.exitCode;
    },
  };
}

// Each step becomes the next, so that the process that was started is the agent.
const AS_IN_POD = `
set -e
mount -t tmpfs tmpfs /run
mkdir -p ${SERVICE_ACCOUNT_FOLDER}
mount --bind "$0" ${SERVICE_ACCOUNT_FOLDER}
exec "$@"
`;
