import type { PackConfig } from '../../content/pack-format.ts';
import { parseReference, repositoryOf } from '../../content/reference.ts';
import { REGISTRY_ON_NODES } from './agent-names.ts';

/** The pack that carries the agent's chart and image; its version is that of the platform. */
export const AGENT_PACK = 'agent';

/**
 * What nodes pull in the place of what a pack's chart names, always by digest: images stand in a registry under the
 * host and path that they came from. `address` is the registry's as nodes know it.
 */
export function packImages({ images }: Pick<PackConfig, 'images'>, address: string): Map<string, string> {
  return new Map(
    images.map(({ reference, digest }) => {
      const parsed = parseReference(reference);
      const tag = parsed.tag === undefined ? '' : `:${parsed.tag}`;
      return [reference, `${address}/${repositoryOf(parsed)}${tag}@${digest}`];
    }),
  );
}

/** The image of an agent's pack as the nodes of every cluster pull it; undefined where the pack names none. */
export function agentImageOf(config: Pick<PackConfig, 'images'>): string | undefined {
  return packImages(config, REGISTRY_ON_NODES).values().next().value;
}
