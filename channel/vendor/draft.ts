import { Metadata, type MetaFile, Root, Snapshot, Targets, Timestamp } from '@tufjs/models';
import { SPEC_VERSION } from '../metadata/metadata-file.ts';
import { type ChannelRelease, toTarget } from '../metadata/release-target.ts';
import { channelKey } from '../metadata/signer.ts';

/** The keys of a role, in PEM, and how many of them must sign. */
export interface RoleKeys {
  readonly keys: readonly string[];
  readonly threshold: number;
}

/** Who signs what. Root and product lines are meant for keys that stay offline. */
export interface ChannelKeys {
  readonly root: RoleKeys;
  readonly targets: RoleKeys;
  readonly snapshot: RoleKeys;
  readonly timestamp: RoleKeys;
  readonly products: Readonly<Record<string, RoleKeys>>;
}

/** What all metadata has. `expires` is in milliseconds since 1970. */
export interface Edition {
  readonly version: number;
  readonly expires: number;
}

export function draftRoot(edition: Edition, keys: ChannelKeys): Metadata<Root> {
  const { root, targets, snapshot, timestamp } = keys;
  const roles = { root, targets, snapshot, timestamp };
  const signed = Root.fromJSON({
    ...{ _type: 'root', consistent_snapshot: true, ...common(edition) },
    keys: keysOf(Object.values(roles)),
    roles: Object.fromEntries(Object.entries(roles).map(([name, role]) => [name, roleOf(role)])),
  });
  return new Metadata(signed);
}

/** The top of all targets: it names no release itself, only who speaks for which product line. */
export function draftTargets(edition: Edition, { products }: ChannelKeys): Metadata<Targets> {
  const roles = Object.entries(products).map(([name, role]) => ({
    ...{ name, terminating: true, paths: [`${name}/*`] },
    ...roleOf(role),
  }));
  const signed = Targets.fromJSON({
    ...{ _type: 'targets', targets: {}, ...common(edition) },
    delegations: { keys: keysOf(Object.values(products)), roles },
  });
  return new Metadata(signed);
}

export function draftProduct(edition: Edition, releases: readonly ChannelRelease[]): Metadata<Targets> {
  const signed = new Targets(options(edition));
  for (const release of releases) signed.addTarget(toTarget(release));
  return new Metadata(signed);
}

export function draftSnapshot(
  edition: Edition,
  meta: Readonly<Record<string, MetaFile>>,
): Metadata<Snapshot> {
  return new Metadata(new Snapshot({ ...options(edition), meta: { ...meta } }));
}

export function draftTimestamp(edition: Edition, snapshotMeta: MetaFile): Metadata<Timestamp> {
  return new Metadata(new Timestamp({ ...options(edition), snapshotMeta }));
}

function options({ version, expires }: Edition) {
  return { version, expires: timeOf(expires), specVersion: SPEC_VERSION };
}

function common({ version, expires }: Edition) {
  return { version, expires: timeOf(expires), spec_version: SPEC_VERSION };
}

/** Whole seconds and `Z`: other clients take nothing else (TUF specification 4.3). */
function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function roleOf({ keys, threshold }: RoleKeys) {
  return { keyids: [...new Set(keys.map((pem) => channelKey(pem).keyID))], threshold };
}

function keysOf(roles: readonly RoleKeys[]) {
  return Object.fromEntries(
    roles
      .flatMap(({ keys }) => keys)
      .map((pem) => {
        const key = channelKey(pem);
        return [key.keyID, key.toJSON()];
      }),
  );
}
