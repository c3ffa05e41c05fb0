import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../../apply/client/client.ts';
import { connectCluster } from '../../../apply/client/kube.ts';

export interface LoneApiServer {
  readonly client: KubeClient;
  /** A file, for commands. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

export interface ApiServerPrograms {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
}

const READY_MS = 120_000;

/** etcd and a real kube-apiserver on loopback, without anything that works on objects: what is made stays as it is made. */
export async function startApiServer(
  programs: ApiServerPrograms,
  signal: AbortSignal,
): Promise<LoneApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-api-server-'));
  const [client, peer, secure] = await Promise.all([freePort(), freePort(), freePort()]);
  const key = join(folder, 'sa.key');
  const tokens = join(folder, 'tokens.csv');
  const kubeconfig = join(folder, 'kubeconfig');
  const certificate = join(folder, 'certificates/apiserver.crt');
  await Promise.all([
    writeFile(key, signingKey(), { mode: 0o600 }),
    writeFile(tokens, 'admin-token,admin,admin,system:masters\n', { mode: 0o600 }),
  ]);
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const etcd = run(programs.etcd, [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${url(client)}`,
    `--advertise-client-urls=${url(client)}`,
    `--listen-peer-urls=${url(peer)}`,
    `--initial-advertise-peer-urls=${url(peer)}`,
    `--initial-cluster=default=${url(peer)}`,
    '--unsafe-no-fsync',
  ]);
  const server = run(programs['kube-apiserver'], [
    `--etcd-servers=${url(client)}`,
    `--secure-port=${secure}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(folder, 'certificates')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${tokens}`,
    '--authorization-mode=RBAC',
    '--disable-admission-plugins=ServiceAccount',
  ]);
  const stop = async () => {
    await end(server);
    await end(etcd);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(READY_MS)]);
    await until(limit, async () => (await readFile(certificate).catch(() => undefined)) !== undefined);
    await writeFile(kubeconfig, kubeconfigOf(secure, certificate), { mode: 0o600 });
    const connected = await connectCluster({ path: kubeconfig });
    await until(limit, async () => await isReady(connected, limit));
    return { client: connected, kubeconfig, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isReady(client: KubeClient, signal: AbortSignal): Promise<boolean> {
  const ready = await client.read('/readyz', { signal, timeoutMs: 5000 }).catch(() => undefined);
  // kube-system is made a moment after all else is ready.
  const system = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } };
  return ready?.status === 200 && (await client.get(system, { signal })) !== undefined;
}

async function until(signal: AbortSignal, isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(200, undefined, { signal });
}

function run(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: 'ignore' });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function kubeconfigOf(port: number, certificate: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': certificate },
      },
    ],
    users: [{ name: 'admin', user: { token: 'admin-token' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  });
}

function signingKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
