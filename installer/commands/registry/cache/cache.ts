import { Command, Option } from 'commander';
import { parseListen, parseSize } from '../../../terminal/cli-options.ts';
import type { Console } from '../../../terminal/console.ts';
import { parseEvery } from '../every.ts';

export interface CacheCommandOptions {
  readonly upstream: string;
  readonly upstreamCa?: string;
  readonly store: string;
  readonly size: number;
  readonly offlineFor: number | 'off';
  readonly listen: { host: string; port: number };
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly logFormat?: 'text' | 'json';
  readonly quiet?: boolean;
}

const HOUR = 3600_000;

export function cacheCommand(console: Console): Command {
  return new Command('cache')
    .requiredOption('--upstream <registry>', 'the registry that it stands before')
    .option('--upstream-ca <file>', 'certificates in PEM trusted for it, besides the system’s')
    .requiredOption('--store <folder>', 'the folder that keeps everything; made when missing')
    .addOption(
      new Option('--size <size>', 'how much it may hold; what was asked for longest ago makes room')
        .argParser(parseSize)
        .default(20 * 1024 ** 3, '20Gi'),
    )
    .addOption(
      new Option(
        '--offline-for <time>',
        'how long what the registry let a client read counts while it is away; or off',
      )
        .argParser(parseEvery(HOUR, 'a time of an hour or more such as 12h or 7d'))
        .default(72 * HOUR, '72h'),
    )
    .addOption(
      new Option('--listen <address>', 'HOST:PORT or :PORT')
        .argParser(parseListen)
        .default({ host: '127.0.0.1', port: 5000 }, '127.0.0.1:5000'),
    )
    .option('--tls-cert <file>', 'certificate chain in PEM; read again when it changes')
    .option('--tls-key <file>', 'its private key in PEM')
    .addOption(
      new Option('--log-format <format>', 'text on a terminal, json elsewhere').choices(['text', 'json']),
    )
    .option('--quiet', 'no line for each request that went well')
    .addHelpText(
      'after',
      '\nWho may pull what is asked of the registry, with the name and password that the client shows here.\n\nExample:\n  skerry registry cache --upstream https://registry.example:5000 --store /srv/cache --size 50Gi --listen :5000',
    )
    .action(async (options: CacheCommandOptions) => {
      const { runCache } = await import('./run-cache.ts');
      await runCache(console, options);
    });
}
