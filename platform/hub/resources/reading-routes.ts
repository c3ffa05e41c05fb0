import { z } from 'zod';
import type { CustomResource } from '../../api/custom-resource.ts';
import { PageQuery, pageOf } from '../http/page.ts';
import { nothing, type Request, type Route, route } from '../http/route.ts';
import { sightOf } from '../stream/sight.ts';
import { listObjects } from './object-list.ts';
import { readPage } from './object-pages.ts';
import { tagged } from './object-reply.ts';
import type { Objects } from './objects.ts';
import {
  actionOn,
  documented,
  ETAG,
  InProject,
  Named,
  pathOfOne,
  type ResourceOptions,
} from './resource-operation.ts';
import { SORTS } from './selection.ts';
import { watchEvents } from './watch-events.ts';
import { answerSchema, apiVersionOf, toWire } from './wire-object.ts';

const ListQuery = PageQuery.extend({
  labelSelector: z.string().min(1).max(1000).optional().meta({ description: "As kubectl's --selector." }),
  filter: z.string().max(200).optional().meta({
    description:
      'Words that must all be found in name, project, state, labels or spec; small letters or large.',
  }),
  state: z
    .string()
    .regex(/^[A-Za-z]+(,[A-Za-z]+)*$/)
    .max(200)
    .optional()
    .meta({ description: 'States, with commas between, of which one must be its; as states has them.' }),
  sort: z.enum(SORTS).optional().meta({
    description:
      'By project and name when absent; age: the youngest first; state: what needs a person first; - turns it around.',
  }),
});
const ListHeaders = z.strictObject({
  'last-event-id': z
    .string()
    .regex(/^\d{1,20}$/)
    .optional()
    .meta({ description: 'For events: the version of a list, or the id of the last event, to go on from.' }),
});

/** Lists, watches and reads. */
export function readingRoutes(kind: CustomResource, objects: Objects, options: ResourceOptions): Route[] {
  const { checkProject } = options;
  const list = { ...listing(kind), ...documented(kind, `${kind.kind}List`, ['PAGE_EXPIRED']) };
  return [
    route({
      ...list,
      path: `/api/v1/projects/{project}/${kind.plural}`,
      operationId: `list${plural(kind)}`,
      summary: `Lists or watches the ${kind.plural} of a project`,
      params: InProject,
      action: ({ project }) => actionOn(kind, 'list', project),
      answer: async ({ params: { project }, query, signal }) => {
        await checkProject(project, signal);
        return await page(kind, options, { query, projects: new Set([project]), signal });
      },
      watch: {
        action: ({ project }) => actionOn(kind, 'watch', project),
        begin: async (request) => {
          await checkProject(request.params.project, request.signal);
          return { events: events(kind, options, request, request.params.project) };
        },
      },
    }),
    route({
      ...list,
      path: `/api/v1/${kind.plural}`,
      operationId: `listAll${plural(kind)}`,
      summary: `Lists the ${kind.plural} of all projects that the user may see, or watches those of all`,
      params: nothing,
      // Each project is asked for by itself.
      action: () => [],
      answer: async ({ query, user, signal }) => {
        const sight = await sightOf(options, { user, kinds: [kind], verb: 'list', signal });
        const projects = sight.get(kind.plural) ?? new Set();
        return await page(kind, options, { query, projects, signal });
      },
      watch: {
        action: () => actionOn(kind, 'watch'),
        begin: (request) => ({ events: events(kind, options, request, undefined) }),
      },
    }),
    route({
      ...documented(kind, kind.kind, ['OBJECT_NOT_FOUND']),
      path: pathOfOne(kind),
      operationId: `get${kind.kind}`,
      summary: `Reads one of the ${kind.plural}`,
      params: Named,
      query: nothing,
      response: answerSchema(kind),
      answerHeaders: ETAG,
      action: ({ project, name }) => actionOn(kind, 'get', project, name),
      answer: async ({ params: { project, name }, signal }) => {
        await checkProject(project, signal);
        return tagged(await objects.get(project, name, signal));
      },
    }),
  ];
}

function listing(kind: CustomResource) {
  const response = pageOf(answerSchema(kind)).extend({
    total: z.int().meta({ description: 'How many there are on all pages.' }),
    states: z.record(z.string(), z.int()).optional().meta({
      description:
        'How many are in each state, whatever states were asked for; absent where a kind has none.',
    }),
    version: z.string().meta({ description: 'Where a watch goes on from, as Last-Event-ID.' }),
  });
  return { query: ListQuery, headers: ListHeaders, response };
}

function plural({ kind, plural: small }: CustomResource): string {
  return kind + small.slice(kind.length);
}

interface PageRequest {
  readonly query: z.output<typeof ListQuery>;
  readonly projects: ReadonlySet<string> | 'all';
  readonly signal: AbortSignal;
}

async function page(kind: CustomResource, world: ResourceOptions, { query, ...request }: PageRequest) {
  const states = query.state?.split(',');
  const found = await listObjects(world, { ...query, states, kind, ...request });
  const { items, next, total, version } = found;
  return {
    items: items.map(toWire),
    continue: next,
    total,
    ...(Object.keys(found.states).length === 0 ? {} : { states: found.states }),
    version,
  };
}

function events(
  kind: CustomResource,
  { client, watches }: ResourceOptions,
  {
    query,
    headers,
    user,
    signal,
  }: Request<unknown, z.output<typeof ListQuery>, unknown, z.output<typeof ListHeaders>>,
  namespace: string | undefined,
) {
  const { labelSelector } = query;
  const selection = { apiVersion: apiVersionOf(kind), kind: kind.kind, namespace, labelSelector };
  const current = async () =>
    (await readPage(client, kind, { namespace, labelSelector, limit: 1, signal })).version;
  const found = watchEvents(client, { selection, after: headers['last-event-id'], current, signal });
  return watches.counted(user.username, found);
}
