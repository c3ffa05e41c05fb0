import { compareBuild } from 'semver';
import { z } from 'zod';
import { DigestSchema } from '../../../content/descriptor.ts';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import { PackConfig, PackLayer, PackName, PackVersion } from '../../../content/pack-format.ts';
import { GROUP } from '../../api/group.ts';
import { LabelName } from '../../api/names.ts';
import { cutPage, PageQuery, pageOf } from '../http/page.ts';
import { nothing, type Route, route } from '../http/route.ts';
import type { Action } from '../kubernetes.ts';
import type { Catalog } from './catalog.ts';

const Digest = DigestSchema.meta({ type: 'string', description: 'sha256:… or sha512:…' });
const Unreadable = z
  .object({ code: z.string(), detail: z.string() })
  .meta({ description: 'Why the pack can’t be read; the other members are absent then.' });

const PackSummary = z.object({
  name: PackName,
  version: PackVersion.meta({ description: 'The newest version.' }),
  digest: Digest.optional(),
  layer: PackLayer.optional(),
  description: z.string().optional(),
  unreadable: Unreadable.optional(),
});

const PackVersionSummary = z.object({
  version: PackVersion,
  digest: Digest.optional(),
  unreadable: Unreadable.optional(),
});

const PackDetails = PackConfig.extend({
  digest: Digest.meta({ description: "Digest of the pack's manifest, what a cluster profile names." }),
  chart: z.object({ digest: Digest, size: z.int().meta({ description: 'Bytes.' }) }),
});

const OfProject = z.object({
  project: LabelName.optional().meta({
    description: 'Whose members may read packs too; the right to read them in the whole cluster otherwise.',
  }),
});
const PacksQuery = PageQuery.extend(OfProject.shape);
const PackQuery = z.strictObject(OfProject.shape);
const NamedPack = z.strictObject({ name: PackName });
const VersionedPack = z.strictObject({ name: PackName, version: PackVersion });

/** How many packs are read from the registry at a time for one list. */
const WIDTH = 8;
const REGISTRY_PROBLEMS = [
  'REGISTRY_UNREACHABLE',
  'REGISTRY_DENIED',
  'REGISTRY_RATE_LIMITED',
  'REGISTRY_ERROR',
];
const PACK_PROBLEMS = [...REGISTRY_PROBLEMS, 'PACK_UNREADABLE', 'MANIFEST_INVALID', 'DIGEST_MISMATCH'];

/** The packs of the private registry. */
export function packRoutes(catalog: Catalog): Route[] {
  return [
    route({
      path: '/api/v1/packs',
      operationId: 'listPacks',
      summary: 'Lists the packs, each with its newest version',
      tag: 'packs',
      params: nothing,
      query: PacksQuery,
      answers: 'PackList',
      response: pageOf(PackSummary),
      problems: REGISTRY_PROBLEMS,
      action: (_, { query }) => mayDo('list', query),
      answer: async ({ query }) => {
        const { names, next } = cutPage(await catalog.names(), query, (name, last) => name > last);
        const items = await mapLimited(names, WIDTH, async (name) => await summaryOf(catalog, name));
        return { items: items.filter((item) => item !== undefined), continue: next };
      },
    }),
    route({
      path: '/api/v1/packs/{name}',
      operationId: 'getPack',
      summary: "Lists a pack's versions, the newest first",
      tag: 'packs',
      params: NamedPack,
      query: PacksQuery,
      answers: 'PackVersionList',
      response: pageOf(PackVersionSummary).extend({ name: PackName }),
      problems: [...REGISTRY_PROBLEMS, 'PACK_NOT_FOUND'],
      action: ({ name }, { query }) => mayDo('get', query, name),
      answer: async ({ params: { name }, query }) => {
        const versions = await catalog.versions(name);
        const page = cutPage(versions, query, (version, last) => compareBuild(version, last) < 0);
        const items = await mapLimited(page.names, WIDTH, async (version) => ({
          version,
          ...(await orUnreadable(async () => ({ digest: (await catalog.pack(name, version)).digest }))),
        }));
        return { name, items, continue: page.next };
      },
    }),
    route({
      path: '/api/v1/packs/{name}/versions/{version}',
      operationId: 'getPackVersion',
      summary: 'Everything about one version of a pack',
      tag: 'packs',
      query: PackQuery,
      params: VersionedPack,
      answers: 'Pack',
      response: PackDetails,
      problems: [...PACK_PROBLEMS, 'PACK_NOT_FOUND'],
      action: ({ name }, { query }) => mayDo('get', query, name),
      answer: async ({ params: { name, version } }) => {
        const { config, digest, chart } = await catalog.pack(name, version);
        return { ...config, digest, chart: { digest: chart.digest, size: chart.size } };
      },
    }),
  ];
}

// Packs are in no namespace; a role in a project has the right to read them beside that to the project's objects.
function mayDo(verb: Action['verb'], { project }: z.output<typeof PackQuery>, name?: string): Action {
  return { verb, group: GROUP, resource: 'packs', namespace: project, name };
}

// A pack whose last tag was deleted after the names were read is left out.
async function summaryOf(catalog: Catalog, name: string) {
  const version = await catalog.latest(name).catch((error: unknown) => {
    if (isSkerryError(error, 'PACK_NOT_FOUND')) return undefined;
    throw error;
  });
  if (version === undefined) return undefined;
  const read = await orUnreadable(async () => {
    const { config, digest } = await catalog.pack(name, version);
    return { digest, layer: config.layer, description: config.description };
  });
  return { name, version, ...read };
}

const BROKEN = ['PACK_UNREADABLE', 'MANIFEST_INVALID', 'DIGEST_MISMATCH', 'PACK_NOT_FOUND'];

// One broken pack must not hide the others; a registry that is away is another matter.
async function orUnreadable<T>(read: () => Promise<T>) {
  try {
    return await read();
  } catch (error) {
    if (!isSkerryError(error) || !BROKEN.includes(error.code)) throw error;
    return { unreadable: { code: error.code, detail: error.detail ?? error.message } };
  }
}
