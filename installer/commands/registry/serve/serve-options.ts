import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseRate } from '../../../copy/rate.ts';
import { collect, parseListen, parseSize } from '../../../terminal/cli-options.ts';
import { type Every, parseEvery } from '../every.ts';
import { refuseBoth } from './serve-checks.ts';

export interface ServeCommandOptions
  extends AccessCommandOptions,
    TlsCommandOptions,
    ScrubCommandOptions,
    ServeGcOptions {
  readonly bundle?: readonly string[];
  readonly listen: { host: string; port: number };
  readonly requireBlobs?: boolean;
  readonly keepFree?: number;
  readonly logFormat?: 'text' | 'json';
  readonly quiet?: boolean;
}

export interface AccessCommandOptions {
  readonly store?: string;
  readonly users?: string;
  readonly anonymousPull?: boolean;
  readonly readOnly?: boolean;
  readonly externalUrl?: string;
  readonly clientCertUsers?: boolean;
  /** False for `--no-audit`. */
  readonly audit?: string | false;
}

export interface TlsCommandOptions {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
}

export interface ScrubCommandOptions {
  readonly scrubEvery: Every;
  readonly scrubRate: number;
}

export interface ServeGcOptions {
  readonly gcEvery: Every;
  readonly readOnly?: boolean;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** All of them, in the order in which help shows them. */
export function addServeOptions(command: Command): Command {
  command
    .option('--store <folder>', 'the folder that keeps everything; made when missing')
    .option(
      '--bundle <file>',
      'a bundle or a volume of one, read in place and never changed; give it again for volumes elsewhere, or to lay the first bundle over the next',
      collect,
    )
    .addOption(
      new Option('--listen <address>', 'HOST:PORT or :PORT')
        .argParser(parseListen)
        .default({ host: '127.0.0.1', port: 5000 }, '127.0.0.1:5000'),
    );
  return addGcOptions(addScrubOptions(addTlsOptions(addAccessOptions(command))))
    .option('--require-blobs', 'refuse an image whose layers are not all here, instead of warning')
    .option(
      '--keep-free <size>',
      'what pushes leave free on the disk, e.g. 20Gi (default: 1 % of it, 64Mi to 1Gi)',
      parseSize,
    )
    .addOption(
      new Option('--log-format <format>', 'text on a terminal, json elsewhere').choices(['text', 'json']),
    )
    .option('--quiet', 'no line for each request that went well');
}

function addAccessOptions(command: Command): Command {
  return refuseBoth(command, 'audit')
    .option('--users <file>', 'who may do what (skerry registry user); "users" in the folder when absent')
    .option('--anonymous-pull', 'pulling needs no password')
    .option('--read-only', 'refuse all changes')
    .addOption(
      new Option('--external-url <url>', 'where clients find it, if a proxy stands in front').argParser(
        parseOrigin,
      ),
    )
    .option('--client-cert-users', 'a client certificate’s common name logs that user in (with --client-ca)')
    .option(
      '--audit <file>',
      'where changes and logins are written down; "audit.log" in the folder when absent',
    )
    .option('--no-audit', 'write them down nowhere');
}

function addTlsOptions(command: Command): Command {
  return command
    .option('--tls-cert <file>', 'certificate chain in PEM; read again when it changes')
    .option('--tls-key <file>', 'its private key in PEM')
    .option(
      '--client-ca <file>',
      'take connections only with a client certificate that one of these signed (PEM)',
    );
}

function addScrubOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--scrub-every <time>', 'read each file of --store again after this long, e.g. 2w; or off')
        .argParser(parseEvery(HOUR, 'a time of an hour or more such as 12h, 30d or 8w'))
        .default(720 * HOUR, '30d'),
    )
    .addOption(
      new Option('--scrub-rate <rate>', 'and read no faster than this')
        .argParser(parseRate)
        .default(20e6, '20MB/s'),
    );
}

function addGcOptions(command: Command): Command {
  return command.addOption(
    new Option('--gc-every <time>', 'collect garbage of --store this often, e.g. 24h; or off')
      .argParser(parseEvery(MINUTE, 'a time of a minute or more such as 6h or 7d'))
      .default('off'),
  );
}

function parseOrigin(text: string): string {
  const url = URL.parse(text);
  const plain =
    url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
  if (!plain || url.username || url.password) {
    throw new InvalidArgumentError(
      'an address like https://registry.example.com, with nothing behind the host',
    );
  }
  return url.origin;
}
