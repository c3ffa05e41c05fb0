import { z } from 'zod';

const Unpinned = z.looseObject({
  name: z.string(),
  version: z.string(),
  digest: z.undefined().optional(),
  registry: z.undefined().optional(),
});
const Spec = z.looseObject({ packs: z.array(z.unknown()) });

/**
 * The spec of a profile with a digest for each pack of the private registry that names none: what its version is now.
 * Anything that is not as it should be is left for the hub to refuse.
 */
export async function withDigests(
  spec: Readonly<Record<string, unknown>>,
  digestOf: (name: string, version: string) => Promise<string>,
): Promise<Record<string, unknown>> {
  const parsed = Spec.safeParse(spec);
  if (!parsed.success) return spec;
  const packs: unknown[] = [];
  for (const pack of parsed.data.packs) {
    const { success, data } = Unpinned.safeParse(pack);
    packs.push(success ? { ...data, digest: await digestOf(data.name, data.version) } : pack);
  }
  return { ...spec, packs };
}
