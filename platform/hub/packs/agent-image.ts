import { isSkerryError } from '../../../content/error.ts';
import { AGENT_PACK, agentImageOf } from '../../desired/pack-images.ts';
import { platformError } from '../../errors.ts';
import type { Catalog } from './catalog.ts';

type Packs = Pick<Catalog, 'pack'>;

/** What the hub runs, and the image of its agents where that is said and not left to the pack. */
export interface AgentRelease {
  readonly catalog: Packs;
  readonly version: string;
  readonly image?: string | undefined;
}

/** The image of the agent of this hub's version, by digest. Throws PACK_NOT_FOUND, PACK_UNREADABLE and what the catalog throws. */
export async function agentImage({ catalog, version, image }: AgentRelease): Promise<string> {
  return image ?? (await imageOfPack(catalog, version));
}

/** The image of any version of the agent; undefined where the registry has none. Throws PACK_UNREADABLE and what the catalog throws. */
export async function agentImageOfVersion(
  release: AgentRelease,
  wanted: string,
): Promise<string | undefined> {
  if (wanted === release.version && release.image !== undefined) return release.image;
  try {
    return await imageOfPack(release.catalog, wanted);
  } catch (error) {
    if (isSkerryError(error, 'PACK_NOT_FOUND')) return undefined;
    throw error;
  }
}

// A release carries the agent as a pack, which names its image by digest.
async function imageOfPack(catalog: Packs, version: string): Promise<string> {
  const image = agentImageOf((await catalog.pack(AGENT_PACK, version)).config);
  if (image === undefined) throw platformError('PACK_UNREADABLE', { subject: `${AGENT_PACK} ${version}` });
  return image;
}
