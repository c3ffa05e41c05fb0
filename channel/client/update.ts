import type { Metadata, MetaFile, Root, Targets } from '@tufjs/models';
import { messageOf } from '../../content/error.ts';
import { channelError } from '../errors.ts';
import { LIMITS, MAX_ROLES, MAX_ROOTS } from '../metadata/limits.ts';
import {
  checkMetaFile,
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
} from '../metadata/metadata-file.ts';
import { isProductName } from '../metadata/product.ts';
import { type ChannelRelease, fromTarget } from '../metadata/release-target.ts';
import type { AnyMetadata } from '../metadata/signer.ts';
import { effectiveTime, type Freshness, freshnessOf } from './freshness.ts';
import { type RememberedVersions, stillRemembered } from './key-rotation.ts';
import { type ChannelSource, readWithin } from './source.ts';
import type { TrustedState } from './trusted-state.ts';

export interface UpdateOptions {
  /** Milliseconds since 1970, as the clock here has them. */
  readonly clock: number;
  readonly signal?: AbortSignal | undefined;
  /** So long each file may take. */
  readonly timeoutMs?: number | undefined;
}

/** A channel that was verified: what it offers, and what the site must remember from now on. */
export interface VerifiedChannel {
  readonly releases: readonly ChannelRelease[];
  readonly products: readonly string[];
  readonly freshness: Freshness;
  readonly root: number;
  readonly state: TrustedState;
}

const TIMEOUT_MS = 60_000;

/**
 * The client workflow of the TUF specification (section 5), over a source that may be a stick. It differs in one thing:
 * metadata that has expired is reported, not refused, since a stick has no newer one and its clock may be wrong; who
 * upgrades decides. Versions never go back, whatever the clock says; only a root with other online keys resets them.
 *
 * Throws CHANNEL_ROOT_UNTRUSTED, CHANNEL_THRESHOLD_MISSED, CHANNEL_ROLLED_BACK, CHANNEL_MIXED, CHANNEL_TOO_LARGE,
 * CHANNEL_TOO_SLOW, CHANNEL_METADATA_INVALID, CHANNEL_NOT_FOUND; then the site's state stays as it was.
 */
export async function updateChannel(
  source: ChannelSource,
  trusted: TrustedState,
  options: UpdateOptions,
): Promise<VerifiedChannel> {
  const walk = new Update(source, trusted, options);
  const root = await walk.root();
  const timestamp = await walk.timestamp(root);
  const snapshot = await walk.snapshot(root, timestamp.signed.snapshotMeta);
  const { roles, releases } = await walk.targets(root, snapshot.signed.meta);
  const ends = [['root', root], ['timestamp', timestamp], ['snapshot', snapshot], ...roles] as const;
  const { clock } = options;
  return {
    releases,
    products: [...roles.keys()].filter((role) => role !== 'targets'),
    freshness: freshnessOf(endsOf(ends), { clock, lastSeen: trusted.lastSeen }),
    root: root.signed.version,
    state: {
      root: walk.trustedRoot,
      timestamp: timestamp.signed.version,
      snapshot: snapshot.signed.version,
      roles: Object.fromEntries([...roles].map(([name, { signed }]) => [name, signed.version])),
      lastSeen: effectiveTime(clock, trusted.lastSeen),
    },
  };
}

class Update {
  readonly #source: ChannelSource;
  readonly #trusted: TrustedState;
  readonly #options: UpdateOptions;
  /** What was seen before, as far as the newest root lets it count. */
  #seen: RememberedVersions;
  /** The file of the newest root that is trusted. */
  trustedRoot: string;

  constructor(source: ChannelSource, trusted: TrustedState, options: UpdateOptions) {
    this.#source = source;
    this.#trusted = trusted;
    this.#options = options;
    this.#seen = trusted;
    this.trustedRoot = trusted.root;
  }

  /** 5.3: from the trusted root on, each next one signed by the keys of the one before and by its own. */
  async root(): Promise<Metadata<Root>> {
    const first = parseRoot(Buffer.from(this.#trusted.root), 'the trusted root');
    let root = first;
    for (let step = 0; ; step++) {
      const name = `${root.signed.version + 1}.root.json`;
      const bytes = await this.#read(name, LIMITS.root);
      if (bytes === undefined) {
        this.#seen = stillRemembered(first, root, this.#trusted);
        return root;
      }
      if (step >= MAX_ROOTS)
        throw channelError('CHANNEL_TOO_LARGE', {
          subject: name,
          detail: `more than ${MAX_ROOTS} new roots`,
        });
      const next = parseRoot(bytes, name);
      checkSignatures(root, 'root', next, name, 'CHANNEL_ROOT_UNTRUSTED');
      checkSignatures(next, 'root', next, name, 'CHANNEL_ROOT_UNTRUSTED');
      if (next.signed.version !== root.signed.version + 1)
        throw rolledBack(name, next.signed.version, root.signed.version + 1);
      root = next;
      this.trustedRoot = Buffer.from(bytes).toString('utf8');
    }
  }

  /** 5.4 */
  async timestamp(root: Metadata<Root>) {
    const name = 'timestamp.json';
    const bytes = await this.#required(name, LIMITS.timestamp);
    const timestamp = parseTimestamp(bytes, name);
    checkSignatures(root, 'timestamp', timestamp, name);
    const { version, snapshotMeta } = timestamp.signed;
    if (version < this.#seen.timestamp) throw rolledBack(name, version, this.#seen.timestamp);
    if (snapshotMeta.version < this.#seen.snapshot)
      throw rolledBack('snapshot.json', snapshotMeta.version, this.#seen.snapshot);
    return timestamp;
  }

  /** 5.5 */
  async snapshot(root: Metadata<Root>, file: MetaFile) {
    const name = `${file.version}.snapshot.json`;
    const bytes = await this.#named(name, file, LIMITS.snapshot);
    const snapshot = parseSnapshot(bytes, name);
    checkSignatures(root, 'snapshot', snapshot, name);
    checkVersion(name, snapshot.signed, file);
    for (const [role, version] of Object.entries(this.#seen.roles)) {
      const now = snapshot.signed.meta[`${role}.json`];
      // A role that is gone would come back later as one that was never seen (5.5.5).
      if (now === undefined || now.version < version)
        throw rolledBack(`${role}.json`, now?.version ?? 0, version);
    }
    return snapshot;
  }

  /** 5.6, with one level of delegations: a role for each product line, for its own paths only. */
  async targets(root: Metadata<Root>, meta: Readonly<Record<string, MetaFile>>) {
    const top = await this.#targetsRole('targets', meta, (metadata, name) =>
      checkSignatures(root, 'targets', metadata, name),
    );
    const roles = new Map([['targets', top]]);
    const products = Object.values(top.signed.delegations?.roles ?? {});
    if (products.length > MAX_ROLES)
      throw channelError('CHANNEL_TOO_LARGE', {
        subject: 'targets.json',
        detail: `more than ${MAX_ROLES} product lines`,
      });
    const releases: ChannelRelease[] = [];
    for (const { name } of products) {
      if (!isProductName(name))
        throw channelError('CHANNEL_METADATA_INVALID', {
          subject: 'targets.json',
          detail: `a role named ${name}`,
        });
      const role = await this.#targetsRole(name, meta, (metadata, file) =>
        checkSignatures(top, name, metadata, file),
      );
      roles.set(name, role);
      for (const target of Object.values(role.signed.targets)) {
        const release = fromTarget(target, `${name}.json`);
        // A role speaks for its own product line and no other (4.5: paths).
        if (release.product === name) releases.push(release);
      }
    }
    return { roles, releases };
  }

  async #targetsRole(
    role: string,
    meta: Readonly<Record<string, MetaFile>>,
    check: (metadata: Metadata<Targets>, name: string) => void,
  ): Promise<Metadata<Targets>> {
    const file = meta[`${role}.json`];
    if (file === undefined)
      throw channelError('CHANNEL_MIXED', {
        subject: `${role}.json`,
        detail: 'the snapshot does not name it',
      });
    const name = `${file.version}.${role}.json`;
    const metadata = parseTargets(await this.#named(name, file, LIMITS.targets), name);
    check(metadata, name);
    checkVersion(name, metadata.signed, file);
    return metadata;
  }

  async #named(name: string, file: MetaFile, limit: number): Promise<Uint8Array> {
    const bytes = await this.#required(name, limit);
    checkMetaFile(file, bytes, name);
    return bytes;
  }

  async #required(name: string, limit: number): Promise<Uint8Array> {
    const bytes = await this.#read(name, limit);
    if (bytes === undefined)
      throw channelError('CHANNEL_NOT_FOUND', { subject: this.#source.name, detail: `it has no ${name}` });
    return bytes;
  }

  async #read(name: string, limit: number): Promise<Uint8Array | undefined> {
    const { signal, timeoutMs = TIMEOUT_MS } = this.#options;
    return await readWithin(this.#source, name, limit, { signal, timeoutMs });
  }
}

function checkSignatures(
  by: Metadata<Root> | Metadata<Targets>,
  role: string,
  metadata: AnyMetadata,
  subject: string,
  code: 'CHANNEL_ROOT_UNTRUSTED' | 'CHANNEL_THRESHOLD_MISSED' = 'CHANNEL_THRESHOLD_MISSED',
): void {
  try {
    by.verifyDelegate(role, metadata);
  } catch (cause) {
    throw channelError(code, { subject, detail: messageOf(cause), cause });
  }
}

function checkVersion(name: string, { version }: { readonly version: number }, file: MetaFile): void {
  if (version === file.version) return;
  throw channelError('CHANNEL_MIXED', { subject: name, detail: `version ${version}, not ${file.version}` });
}

function rolledBack(subject: string, version: number, trusted: number) {
  return channelError('CHANNEL_ROLLED_BACK', { subject, detail: `version ${version}, seen was ${trusted}` });
}

function endsOf(roles: readonly (readonly [string, AnyMetadata])[]): Record<string, number> {
  return Object.fromEntries(roles.map(([name, { signed }]) => [name, Date.parse(signed.expires)]));
}
