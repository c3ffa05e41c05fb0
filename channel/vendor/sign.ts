import type { Metadata, Root, Targets } from '@tufjs/models';
import { channelError } from '../errors.ts';
import { formatMetadata } from '../metadata/metadata-file.ts';
import { type AnyMetadata, channelKey, type Signer, signMetadata } from '../metadata/signer.ts';
import { currentRoot, currentTargets, publishedRoot } from './roles.ts';
import type { Workshop } from './workshop.ts';

/** How far the signing of one staged role is. */
export interface Signing {
  readonly role: string;
  readonly version: number;
  /** Ids of the keys that may sign, and of those that have. */
  readonly keys: readonly string[];
  readonly signed: readonly string[];
  readonly threshold: number;
  readonly complete: boolean;
}

interface Part {
  readonly role: string;
  readonly metadata: AnyMetadata & (Metadata<Root> | Metadata<Targets>);
  /** Whose keys must sign: two sets of them for a root that follows another. */
  readonly by: readonly (Metadata<Root> | Metadata<Targets>)[];
}

/** What is staged, and who still has to sign it. */
export async function signings(workshop: Workshop): Promise<Signing[]> {
  return (await parts(workshop)).map(signingOf);
}

/** Signs all that is staged and that a key may sign. Throws CHANNEL_KEY_UNKNOWN when that is nothing. */
export async function signStaged(workshop: Workshop, signer: Signer): Promise<Signing[]> {
  const { keyID } = channelKey(signer.publicPem);
  const all = await parts(workshop);
  const mine = all.filter((part) => signingOf(part).keys.includes(keyID));
  if (mine.length === 0)
    throw channelError('CHANNEL_KEY_UNKNOWN', {
      subject: keyID,
      detail: all.length === 0 ? 'nothing is staged' : `staged are ${all.map(({ role }) => role).join(', ')}`,
    });
  for (const { role, metadata } of mine) {
    signMetadata(metadata, signer);
    await workshop.stage(role, formatMetadata(metadata));
  }
  return all.map(signingOf);
}

async function parts(workshop: Workshop): Promise<Part[]> {
  const names = await workshop.stagedRoles();
  if (names.length === 0) return [];
  const root = (await currentRoot(workshop)).metadata;
  const targets = (await currentTargets(workshop, 'targets')).metadata;
  const before = await publishedRoot(workshop);
  return await Promise.all(
    names.map(async (role): Promise<Part> => {
      if (role === 'root')
        return { role, metadata: root, by: before === undefined ? [root] : [before, root] };
      const metadata = role === 'targets' ? targets : (await currentTargets(workshop, role)).metadata;
      return { role, metadata, by: [role === 'targets' ? root : targets] };
    }),
  );
}

function signingOf({ role, metadata, by }: Part): Signing {
  const sets = by.map(({ signed }) => {
    const found = signed.type === 'root' ? signed.roles[role] : signed.delegations?.roles?.[role];
    return { keys: found?.keyIDs ?? [], threshold: found?.threshold ?? Number.POSITIVE_INFINITY };
  });
  return {
    role,
    version: metadata.signed.version,
    keys: [...new Set(sets.flatMap(({ keys }) => keys))],
    signed: Object.keys(metadata.signatures),
    threshold: Math.max(...sets.map(({ threshold }) => threshold)),
    complete: by.every((signer) => verifies(signer, role, metadata)),
  };
}

function verifies(by: Metadata<Root> | Metadata<Targets>, role: string, metadata: AnyMetadata): boolean {
  try {
    by.verifyDelegate(role, metadata);
    return true;
  } catch {
    return false;
  }
}
