import type { MetaFile } from '@tufjs/models';
import { channelError } from '../errors.ts';
import { formatMetadata, metaFileOf } from '../metadata/metadata-file.ts';
import { type Signer, signMetadata } from '../metadata/signer.ts';
import { draftSnapshot, draftTimestamp } from './draft.ts';
import { currentRoot, currentTargets } from './roles.ts';
import { signings } from './sign.ts';
import type { Workshop } from './workshop.ts';

export interface PublishOptions {
  /** Keys of the snapshot and timestamp roles; those that are neither's are not used. */
  readonly signers: readonly Signer[];
  /** When snapshot and timestamp end; milliseconds since 1970. */
  readonly expires: { readonly snapshot: number; readonly timestamp: number };
}

export interface Publication {
  /** Every file that is new, in the order of writing. */
  readonly files: readonly string[];
  readonly snapshot: number;
}

/**
 * Makes what is staged the newest edition: its files first, then a snapshot that names them all, and last the timestamp,
 * by which clients find the rest. Stopped in between, clients see the edition before. Throws CHANNEL_NOT_SIGNED.
 */
export async function publishChannel(workshop: Workshop, options: PublishOptions): Promise<Publication> {
  await refuseUnsigned(workshop);
  const root = (await currentRoot(workshop)).metadata;
  const targets = (await currentTargets(workshop, 'targets')).metadata;
  const files: [string, Uint8Array][] = [];
  const staged: string[] = [];
  for (const role of await workshop.stagedRoles()) {
    const bytes = await workshop.readStaged(role);
    if (bytes === undefined) continue;
    const { version } = (await (role === 'root' ? currentRoot(workshop) : currentTargets(workshop, role)))
      .metadata.signed;
    files.push([`${version}.${role}.json`, bytes]);
    staged.push(role);
  }
  const meta: Record<string, MetaFile> = {};
  for (const role of ['targets', ...Object.keys(targets.signed.delegations?.roles ?? {})])
    meta[`${role}.json`] = await metaOf(workshop, role, files);
  const version = (await workshop.newest('snapshot')) + 1;
  const snapshot = draftSnapshot({ version, expires: options.expires.snapshot }, meta);
  for (const signer of options.signers) signMetadata(snapshot, signer);
  const bytes = formatMetadata(snapshot);
  // A timestamp has the number of its snapshot: either always comes with the other.
  const timestamp = draftTimestamp(
    { version, expires: options.expires.timestamp },
    metaFileOf(bytes, version),
  );
  for (const signer of options.signers) signMetadata(timestamp, signer);
  for (const [role, metadata] of [
    ['snapshot', snapshot],
    ['timestamp', timestamp],
  ] as const) {
    keepOwnSignatures(metadata, root.signed.roles[role]?.keyIDs ?? []);
    try {
      root.verifyDelegate(role, metadata);
    } catch (cause) {
      throw channelError('CHANNEL_NOT_SIGNED', { subject: `${role}.json`, cause });
    }
  }
  files.push(
    [`${version}.snapshot.json`, formatMetadata(snapshot)],
    ['timestamp.json', formatMetadata(timestamp)],
  );
  for (const [file, content] of files) await workshop.publish(file, content);
  for (const role of staged) await workshop.unstage(role);
  return { files: files.map(([file]) => file), snapshot: version };
}

async function refuseUnsigned(workshop: Workshop): Promise<void> {
  const open = (await signings(workshop)).filter(({ complete }) => !complete);
  const [first] = open;
  if (first === undefined) return;
  throw channelError('CHANNEL_NOT_SIGNED', {
    subject: workshop.folder,
    detail: open
      .map(
        ({ role, signed, keys, threshold }) =>
          `${role}: ${signed.length} of ${threshold}, by any of ${keys.join(', ')}`,
      )
      .join('; '),
  });
}

async function metaOf(
  workshop: Workshop,
  role: string,
  files: readonly [string, Uint8Array][],
): Promise<MetaFile> {
  const { metadata } = await currentTargets(workshop, role);
  const file = `${metadata.signed.version}.${role}.json`;
  const bytes = files.find(([name]) => name === file)?.[1] ?? (await workshop.readPublished(file));
  if (bytes === undefined)
    throw channelError('CHANNEL_NOT_FOUND', { subject: `${workshop.published}/${file}` });
  return metaFileOf(bytes, metadata.signed.version);
}

function keepOwnSignatures(metadata: { signatures: Record<string, unknown> }, keys: readonly string[]): void {
  for (const id of Object.keys(metadata.signatures)) if (!keys.includes(id)) delete metadata.signatures[id];
}
