import { z } from 'zod';
import { Turnstile } from '../../../content/limit.ts';
import { Cluster, ClusterSpec } from '../../api/cluster.ts';
import { ClusterProfile, ClusterProfileSpec } from '../../api/cluster-profile.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { PageQuery } from '../http/page.ts';
import { Fault } from '../http/problem.ts';
import { type Route, route } from '../http/route.ts';
import { actionOn, documented, Named, pathOfOne } from '../resources/resource-operation.ts';
import { wantedOf } from '../resources/wanted-object.ts';
import { inputSchema } from '../resources/wire-object.ts';
import type { Planner } from './planner.ts';

const FieldChangeAnswer = z.object({
  pointer: z.string().meta({ description: 'JSON pointer (RFC 6901).' }),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
const Change = z.enum(['add', 'change', 'remove', 'none']);
const LayerChangeAnswer = z.object({
  name: z.string(),
  change: Change,
  detail: z.string().optional().meta({ description: 'For people.' }),
  version: z.string().optional(),
  versionBefore: z.string().optional(),
  values: z.array(FieldChangeAnswer).optional().meta({
    description: 'What is another in its values, 50 at most; secret ones are not among them.',
  }),
});
const faults = (description: string) => z.array(Fault).optional().meta({ description });
export const PlanAnswer = z.object({
  clusters: z.array(
    z.object({
      project: z.string(),
      name: z.string(),
      profileVersion: z
        .string()
        .optional()
        .meta({ description: 'Of a profile: the version that it has now.' }),
      layers: z.array(LayerChangeAnswer).meta({ description: 'Empty where errors keep it from being made.' }),
      machines: z
        .object({ change: Change, fields: z.array(FieldChangeAnswer) })
        .optional()
        .meta({ description: 'What becomes of how it is made, where it is.' }),
      opensAt: z.iso
        .datetime()
        .optional()
        .meta({ description: 'When its maintenance window opens; absent: now.' }),
      paused: z.boolean().optional(),
      errors: faults('Why nothing can be made of it.'),
      warnings: faults('What it would wait for.'),
    }),
  ),
  total: z.int().meta({ description: 'How many clusters it concerns.' }),
  continue: z.string().optional().meta({ description: 'Asks for the next clusters; absent with the last.' }),
  errors: faults('Why the object would be refused.'),
  warnings: faults('What the object would wait for.'),
});
export type PlanAnswer = z.input<typeof PlanAnswer>;

const Query = PageQuery.extend({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(20)
    .meta({ description: 'How many clusters at most.' }),
});
const PROBLEMS = ['OBJECT_NOT_FOUND', 'NOT_READY'];
/** Each compiles many clusters: this is what the hub has for them besides its own work. */
const AT_ONCE = 2;

/** What a change would do, by cluster and layer. Nothing is written. */
export function planRoutes(planner: () => Planner): Route[] {
  const turnstile = new Turnstile(AT_ONCE);
  const run = async (work: () => Promise<PlanAnswer>) => await turnstile.run(work);
  return [Cluster, ClusterProfile].flatMap((kind) => [
    asItIs(kind, planner, run),
    asWanted(kind, planner, run),
  ]);
}

type Run = (work: () => Promise<PlanAnswer>) => Promise<PlanAnswer>;

const SUMMARIES: Readonly<Record<string, readonly [string, string]>> = {
  Cluster: [
    'What a cluster, as it is, gets beside what it was given last',
    'What would become of a cluster, layer by layer',
  ],
  ClusterProfile: [
    'What would become of the clusters that have a profile in any version, with this one',
    'What would become of the clusters that have a profile, with a version that is still to be made',
  ],
};

function asItIs(kind: CustomResource, planner: () => Planner, run: Run): Route {
  return route({
    ...common(kind),
    operationId: `plan${kind.kind}AsItIs`,
    summary: SUMMARIES[kind.kind]?.[0] ?? '',
    action: ({ project, name }) => [actionOn(kind, 'get', project, name), actionOn(Cluster, 'list', project)],
    answer: async ({ params, query, signal }) =>
      await run(
        async () =>
          await (kind === Cluster
            ? planner().cluster({ ...params, spec: undefined }, signal)
            : planner().profile({ ...params, spec: undefined }, query, signal)),
      ),
  });
}

function asWanted(kind: CustomResource, planner: () => Planner, run: Run): Route {
  return route({
    ...common(kind),
    method: 'POST',
    operationId: `plan${kind.kind}`,
    summary: SUMMARIES[kind.kind]?.[1] ?? '',
    body: inputSchema(kind),
    takes: `${kind.kind}Input`,
    // What is wrong with secrets may show: it is for those who could write the object and see the same.
    action: ({ project, name }) => [
      actionOn(kind, 'update', project, name),
      actionOn(Cluster, 'list', project),
    ],
    answer: async ({ params, query, body, signal }) => {
      const { spec } = wantedOf(kind, body, params);
      return await run(
        async () =>
          await (kind === Cluster
            ? planner().cluster({ ...params, spec: ClusterSpec.parse(spec) }, signal)
            : planner().profile({ ...params, spec: ClusterProfileSpec.parse(spec) }, query, signal)),
      );
    },
  });
}

function common(kind: CustomResource) {
  return {
    ...documented(kind, 'Plan', PROBLEMS),
    path: `${pathOfOne(kind)}/plan`,
    params: Named,
    query: Query,
    response: PlanAnswer,
  };
}
