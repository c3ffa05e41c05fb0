import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { JWK } from 'jose';
import { z } from 'zod';
import type { KubeClient } from '../../../../apply/client/client.ts';
import { connectCluster } from '../../../../apply/client/kube.ts';
import type { KubeObject } from '../../../../apply/object.ts';
import { messageOf } from '../../../../content/error.ts';
import { tryJson } from '../../../../content/json.ts';
import { credentialFiles } from '../../../../content/remote/credentials.ts';
import { openRemote } from '../../../../content/remote/store.ts';
import { isSealingKey, makeSealingKey } from '../../../desired/seal.ts';
import { platformError } from '../../../errors.ts';
import { pullBackup } from '../../../infra/backup/backup-artifact.ts';
import { type GatewayBackup, openBackup, sealBackup } from '../../../infra/backup/gateway-backup.ts';
import { moveGateway } from '../../../infra/backup/move-gateway.ts';
import { CAPI_CLUSTERS, resumeClusters } from '../../../infra/backup/pause.ts';
import { restoreBackup } from '../../../infra/backup/restore-backup.ts';
import { isCluster, takeBackup } from '../../../infra/backup/take-backup.ts';
import { printResult } from '../../output/print-result.ts';
import { outputOf, type Terminal } from '../../output/terminal.ts';
import type { BackupFlags, ClusterFlags, MoveFlags, RestoreFlags } from './gateway-backup.ts';

export async function runKey(terminal: Terminal, file: string, command: Command): Promise<void> {
  const output = outputOf(command);
  await terminal.interruptible(output, async () => {
    const { publicJwk, privateJwk } = await makeSealingKey();
    const publicFile = `${file}.pub`;
    await write(file, `${JSON.stringify(privateJwk)}\n`);
    await write(publicFile, `${JSON.stringify(publicJwk)}\n`);
    printResult(
      terminal,
      output,
      { privateKey: file, publicKey: publicFile },
      () => `private key  ${file}  (keep it, away from the gateway)\npublic key   ${publicFile}`,
    );
  });
}

export async function runBackup(terminal: Terminal, flags: BackupFlags, command: Command): Promise<void> {
  const output = outputOf(command);
  await terminal.interruptible(output, async (signal) => {
    const publicJwk = await readPublicKey(flags.key);
    const client = await connect(flags, terminal);
    await requireGateway(client, signal);
    const backup = await takeBackup({ client, now: () => new Date(terminal.now()), signal });
    const bytes = await sealBackup(backup, publicJwk);
    await write(flags.to, bytes);
    const { digest, ...rest } = { digest: digestOf(bytes), ...summaryOf(backup) };
    printResult(terminal, output, { file: flags.to, digest, ...rest }, () =>
      [
        `file      ${flags.to}`,
        `digest    ${digest}`,
        `clusters  ${rest.clusters.join(', ') || 'none'}`,
        `objects   ${rest.objects}`,
      ].join('\n'),
    );
  });
}

export async function runRestore(terminal: Terminal, flags: RestoreFlags, command: Command): Promise<void> {
  const output = outputOf(command);
  await terminal.interruptible(output, async (signal) => {
    const bytes = await sealedFrom(flags.from, terminal, signal);
    const backup = await openBackup(bytes, await readKey(flags.key), flags.from);
    const client = await connect(flags, terminal);
    const work = digestOf(bytes);
    const summary = summaryOf(backup);
    const text = `${summary.clusters.length} clusters (${summary.clusters.join(', ')}) and their ${summary.objects} objects of ${backup.at} into ${client.server}`;
    if (flags.plan) {
      printResult(
        terminal,
        output,
        { plan: 'restore', digest: work, into: client.server, ...summary },
        () => `would restore ${text}`,
      );
      return;
    }
    await confirm(terminal, command, `${text}. The gateway that they are of must not run any more.`, signal);
    const onStep = stepsOf(terminal, output);
    const restored = await restoreBackup({ client, backup, work, onStep, signal });
    if (!flags.keepPaused) await resumeClusters(client, backup.objects, signal);
    printResult(
      terminal,
      output,
      { digest: work, ...restored, ...summary, paused: flags.keepPaused === true },
      () =>
        [
          `restored  ${restored.created} objects, ${restored.kept} were there`,
          `clusters  ${summary.clusters.join(', ')}${flags.keepPaused ? ' (paused)' : ''}`,
          'Machines in the cloud that the backup does not know stand in status.orphans of their account, once the gateway works.',
        ].join('\n'),
    );
  });
}

export async function runMove(terminal: Terminal, flags: MoveFlags, command: Command): Promise<void> {
  const output = outputOf(command);
  await terminal.interruptible(output, async (signal) => {
    const from = await connect(flags, terminal);
    const to = await connect({ kubeconfig: flags.toKubeconfig, ...context(flags.toContext) }, terminal);
    await requireGateway(from, signal);
    const now = () => new Date(terminal.now());
    const summary = summaryOf(await takeBackup({ client: from, now, signal }));
    const text = `${summary.clusters.length} clusters (${summary.clusters.join(', ')}) from ${from.server} to ${to.server}`;
    if (flags.plan) {
      printResult(
        terminal,
        output,
        { plan: 'move', from: from.server, to: to.server, ...summary },
        () => `would move ${text}`,
      );
      return;
    }
    await confirm(terminal, command, `${text}; here they stay paused for good.`, signal);
    const restored = await moveGateway({ from, to, now, onStep: stepsOf(terminal, output), signal });
    printResult(terminal, output, { ...restored, ...summary }, () => `moved ${text}`);
  });
}

/** A file, or an artifact of a registry as http(s)://HOST/REPOSITORY:TAG or @DIGEST. */
async function sealedFrom(from: string, { env }: Terminal, signal: AbortSignal): Promise<Buffer> {
  const [, address, repository, tag, digest] =
    /^(https?:\/\/[^/]+)\/([^:@]+)(?::([^@]+)|@(.+))$/.exec(from) ?? [];
  const reference = tag ?? digest;
  if (address === undefined || repository === undefined || reference === undefined) return await read(from);
  const store = openRemote(address, { credentials: credentialFiles(env), useProxy: true });
  try {
    return await pullBackup(store, repository, reference, signal);
  } finally {
    await store.close();
  }
}

function context(name: string | undefined) {
  return name === undefined ? {} : { context: name };
}

export async function connect(
  { kubeconfig, context: name }: ClusterFlags,
  { env }: Terminal,
): Promise<KubeClient> {
  const path = kubeconfig ?? env.KUBECONFIG?.split(':').find(Boolean) ?? `${env.HOME ?? ''}/.kube/config`;
  return await connectCluster({ path, ...context(name) });
}

async function requireGateway(client: KubeClient, signal: AbortSignal): Promise<void> {
  if (await client.isServed(CAPI_CLUSTERS.apiVersion, CAPI_CLUSTERS.kind, { signal })) return;
  throw platformError('GATEWAY_KINDS_MISSING', { subject: client.server });
}

function summaryOf({ at, objects }: GatewayBackup) {
  const nameOf = ({ metadata: { namespace, name } }: KubeObject) => `${namespace}/${name}`;
  return { at, clusters: objects.filter(isCluster).map(nameOf).toSorted(), objects: objects.length };
}

function stepsOf({ stderr }: Terminal, output: string): (text: string) => void {
  return (text) => {
    if (output === 'text') stderr.write(`${text}\n`);
  };
}

async function confirm(
  terminal: Terminal,
  command: Command,
  question: string,
  signal: AbortSignal,
): Promise<void> {
  if (command.opts<{ yes?: boolean }>().yes === true) return;
  await terminal.confirm(`skerry gateway ${command.name()}`, question, signal);
}

const Jwk = z.looseObject({ kty: z.string(), crv: z.string(), x: z.string() });

async function readKey(path: string): Promise<JWK> {
  const key = Jwk.safeParse(tryJson((await read(path)).toString('utf8')));
  if (key.success) return key.data;
  throw platformError('GATEWAY_BACKUP_FILE_INVALID', {
    subject: path,
    detail: 'not a key of skerry gateway key',
  });
}

/** Throws GATEWAY_BACKUP_FILE_INVALID, also for a private key: that must not lie where backups are made. */
export async function readPublicKey(path: string): Promise<JWK> {
  const key = await readKey(path);
  if (await isSealingKey(key)) return key;
  const detail = 'd' in key ? 'it is the private key; give FILE.pub' : 'not a public key of X25519 or P-256';
  throw platformError('GATEWAY_BACKUP_FILE_INVALID', { subject: path, detail });
}

async function read(path: string): Promise<Buffer> {
  return await readFile(path).catch((cause: unknown) => {
    throw platformError('GATEWAY_BACKUP_FILE_INVALID', { subject: path, detail: messageOf(cause), cause });
  });
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
    throw platformError('GATEWAY_BACKUP_FILE_INVALID', { subject: path, detail: messageOf(cause), cause });
  });
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
