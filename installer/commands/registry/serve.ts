import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { hasCode } from '../../../content/blob-file.ts';
import { type Access, openAccess, readOnlyAccess } from '../../../registry/access/access.ts';
import { passwordAccess } from '../../../registry/access/password-access.ts';
import { parseUsers, type Users } from '../../../registry/access/users-file.ts';
import { jsonLog, type Log } from '../../../registry/request-log.ts';
import { serveRegistry } from '../../../registry/serve.ts';
import { openServedStore } from '../../../registry/served/open.ts';
import { parseListen } from '../../cli-options.ts';
import type { Console } from '../../console.ts';
import { installerError } from '../../errors.ts';
import { openBundles } from './served-bundles.ts';

interface ServeCommandOptions {
  readonly store?: string;
  readonly bundle?: readonly string[];
  readonly listen: { host: string; port: number };
  readonly users?: string;
  readonly anonymousPull?: boolean;
  readonly readOnly?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly quiet?: boolean;
}

const DRAIN_MS = 1500;

export function serveCommand(console: Console): Command {
  return new Command('serve')
    .description('serve a folder, or a bundle as it is, to any OCI client')
    .option('--store <folder>', 'the folder that keeps everything; made when missing')
    .option(
      '--bundle <file>',
      'a bundle, read in place and never changed; give it again to lay the first over the next',
      (path: string, before: readonly string[] = []) => [...before, path],
    )
    .addOption(
      new Option('--listen <address>', 'HOST:PORT or :PORT')
        .argParser(parseListen)
        .default({ host: '127.0.0.1', port: 5000 }, '127.0.0.1:5000'),
    )
    .option('--users <file>', 'users who may push, one NAME:HASH per line (skerry registry hash-password)')
    .option('--anonymous-pull', 'pulling needs no password')
    .option('--read-only', 'nobody may push')
    .option('--tls-cert <file>', 'certificate chain in PEM')
    .option('--tls-key <file>', 'its private key in PEM')
    .option('--quiet', 'no line for each request')
    .addHelpText(
      'after',
      '\nWithout --users everyone may push, so it listens on this machine only unless --listen says otherwise.\n\nExamples:\n  skerry registry serve --bundle stick/skerry-0.1.0.bundle.tar --listen :5000\n  skerry registry serve --store /srv/registry --users users.txt --anonymous-pull --listen :5000',
    )
    .action(async (options: ServeCommandOptions) => await serve(console, options));
}

async function serve(console: Console, options: ServeCommandOptions): Promise<void> {
  if ((options.store === undefined) === (options.bundle === undefined)) {
    throw installerError('USAGE', {
      subject: 'skerry registry serve',
      detail: 'give either --store or --bundle',
    });
  }
  const bundles = options.bundle === undefined ? undefined : await openBundles(options.bundle);
  const log = requestLog(console, options);
  const folder =
    options.store === undefined ? undefined : await openServedStore(options.store, { report: log });
  const store = folder ?? bundles?.store;
  if (store === undefined) throw new Error('neither a folder nor a bundle was opened');
  const served = await serveRegistry({
    store,
    uploads: options.store === undefined ? undefined : join(options.store, '.uploads'),
    access: await openAccessOf(options),
    log,
    listen: options.listen,
    tls: await readTls(options),
  });
  log({ message: 'serving', store: store.name, address: served.address, port: served.port });
  void bundles?.reportHiddenTags(log);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await served.close({ drainMs: DRAIN_MS });
  await bundles?.close();
  await folder?.close();
}

function requestLog(console: Console, { quiet }: ServeCommandOptions): Log {
  const log = jsonLog((line) => console.stdout.write(line));
  return quiet ? (record) => (record.method === undefined ? log(record) : undefined) : log;
}

async function openAccessOf({
  bundle,
  users,
  anonymousPull = false,
  readOnly,
}: ServeCommandOptions): Promise<Access> {
  if (users !== undefined) {
    return passwordAccess({
      users: await readUsers(users),
      anonymousPull,
      cacheKey: randomBytes(32),
      clock: () => performance.now(),
    });
  }
  return readOnly || bundle !== undefined ? readOnlyAccess : openAccess;
}

// The Secret with the users may come after the registry; until then there are none.
async function readUsers(path: string): Promise<Users> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  });
  return parseUsers(text, path);
}

async function readTls({ tlsCert, tlsKey }: ServeCommandOptions) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw installerError('USAGE', {
      subject: 'skerry registry serve',
      detail: '--tls-cert and --tls-key go together',
    });
  }
  return { cert: await readFile(tlsCert), key: await readFile(tlsKey) };
}
