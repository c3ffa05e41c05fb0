import type { Command } from 'commander';
import { installerError } from '../../../errors.ts';
import type { Every } from '../every.ts';

export interface CheckedOptions {
  readonly store?: string;
  readonly bundle?: readonly string[];
  readonly clientCa?: string;
  readonly clientCertUsers?: boolean;
  readonly readOnly?: boolean;
  readonly gcEvery?: Every | undefined;
}

/** What concerns the folder of --store alone, as commander names it. */
const OF_THE_FOLDER: Readonly<Record<string, string>> = {
  gcEvery: '--gc-every',
  scrubEvery: '--scrub-every',
  scrubRate: '--scrub-rate',
  keepFree: '--keep-free',
  requireBlobs: '--require-blobs',
};

/** Refuses options that would do nothing where they stand: their user relies on them. Throws USAGE. */
export function checkServeOptions(command: Command, options: CheckedOptions): void {
  const { store, bundle, clientCa, clientCertUsers, readOnly, gcEvery } = options;
  if ((store === undefined) === (bundle === undefined)) throw usage('give either --store or --bundle');
  if (store === '') throw usage('--store names no folder');
  const empty = command.options.find((option) => command.getOptionValue(option.attributeName()) === '');
  if (empty !== undefined) throw usage(`${empty.long} is empty`);
  if (clientCertUsers && clientCa === undefined)
    throw usage(
      '--client-cert-users needs --client-ca, --tls-cert and --tls-key: without them no certificate is asked for',
    );
  if (readOnly && gcEvery !== undefined && gcEvery !== 'off')
    throw usage('--read-only refuses all changes, so it does not go with --gc-every');
  if (bundle === undefined) return;
  const idle = Object.keys(OF_THE_FOLDER).filter((name) => command.getOptionValueSource(name) === 'cli');
  if (idle.length > 0)
    throw usage(
      `${idle.map((name) => OF_THE_FOLDER[name]).join(', ')} only with --store: a bundle is never changed`,
    );
}

/** Refuses that something is both asked for and refused. Commander takes what comes last. */
export function refuseBoth(command: Command, name: string): Command {
  const given = new Set<string>();
  const note = (option: string) => () => {
    given.add(option);
    if (given.size > 1) throw usage(`--${name} and --no-${name} exclude each other`);
  };
  return command.on(`option:${name}`, note(name)).on(`option:no-${name}`, note(`no-${name}`));
}

function usage(detail: string) {
  return installerError('USAGE', { subject: 'skerry registry serve', detail });
}
