import { z } from 'zod';
import { Cluster } from '../../api/cluster.ts';
import { Rollout, RolloutSpec } from '../../api/rollout.ts';
import { platformError } from '../../errors.ts';
import { nextOpening } from '../compile/maintenance.ts';
import { nothing, type Route, route } from '../http/route.ts';
import { actionOn, documented, Named, pathOfOne } from '../resources/resource-operation.ts';
import { wantedOf } from '../resources/wanted-object.ts';
import { inputSchema } from '../resources/wire-object.ts';
import { keyOf, type StoredCluster, type StoredRollout } from '../watched/stored.ts';
import { planBatches } from './batches.ts';
import { isMeant, memberOf, type RolloutWorld, supersededBy } from './rollout-work.ts';

export type RolloutPlanWorld = Pick<RolloutWorld, 'rollout' | 'rollouts' | 'clusters' | 'report' | 'now'>;

const Member = z.object({
  name: z.string(),
  version: z.string().meta({ description: 'Of the profile, as the cluster has it now.' }),
});
const RolloutPlanAnswer = z.object({
  size: z.int().meta({ description: 'Clusters at a time.' }),
  total: z.int().meta({ description: 'How many clusters it concerns.' }),
  there: z.int().meta({ description: 'How many have the version already.' }),
  current: z.array(Member).meta({ description: 'Those that are being given it.' }),
  failed: z.array(Member),
  batches: z.array(z.array(Member)).meta({
    description:
      'Those to come, batch by batch, as long as nothing becomes other than it is; 100 batches at most.',
  }),
  batchCount: z.int(),
  held: z
    .array(
      Member.extend({
        reason: z.enum(['silent', 'paused', 'window']),
        opensAt: z.iso.datetime().optional().meta({ description: 'When its maintenance window opens.' }),
      }),
    )
    .meta({ description: 'Are in no batch as they are now; 500 at most.' }),
  heldCount: z.int(),
  supersededBy: z
    .string()
    .optional()
    .meta({ description: 'A newer rollout of the same profile, because of which this one stops.' }),
});
export type RolloutPlanAnswer = z.input<typeof RolloutPlanAnswer>;

const MAX_BATCHES = 100;
const MAX_HELD = 500;
const PROBLEMS = ['OBJECT_NOT_FOUND', 'NOT_READY'];

/** Which cluster a rollout changes in which batch. Nothing is written. */
export function rolloutPlanRoutes(world: () => RolloutPlanWorld): Route[] {
  const common = {
    ...documented(Rollout, 'RolloutPlan', PROBLEMS),
    path: `${pathOfOne(Rollout)}/plan`,
    params: Named,
    query: nothing,
    response: RolloutPlanAnswer,
  };
  return [
    route({
      ...common,
      operationId: 'planRolloutAsItIs',
      summary: 'Which clusters a rollout changes in which batch, from where it stands',
      action: ({ project, name }) => [
        actionOn(Rollout, 'get', project, name),
        actionOn(Cluster, 'list', project),
      ],
      answer: ({ params: { project, name } }) => {
        const rollout = world().rollout(keyOf(project, name));
        if (rollout === undefined)
          throw platformError('OBJECT_NOT_FOUND', { subject: `Rollout ${project}/${name}` });
        const newer = supersededBy(rollout, world().rollouts(project));
        return {
          ...planOf(world(), project, rollout),
          ...(newer === undefined ? {} : { supersededBy: newer }),
        };
      },
    }),
    route({
      ...common,
      method: 'POST',
      operationId: 'planRollout',
      summary: 'Which clusters a rollout that is still to be made would change in which batch',
      body: inputSchema(Rollout),
      takes: 'RolloutInput',
      action: ({ project, name }) => [
        actionOn(Rollout, 'update', project, name),
        actionOn(Cluster, 'list', project),
      ],
      answer: ({ params, body }) => {
        const spec = RolloutSpec.parse(wantedOf(Rollout, body, params).spec);
        return planOf(world(), params.project, { spec });
      },
    }),
  ];
}

function planOf(
  world: RolloutPlanWorld,
  project: string,
  rollout: Pick<StoredRollout, 'spec' | 'status'>,
): RolloutPlanAnswer {
  const meant = world.clusters(project).filter((cluster) => isMeant(cluster, rollout));
  const byName = new Map(meant.map((cluster) => [cluster.metadata.name, cluster]));
  const members = meant.map((cluster) => memberOf(cluster, rollout, world));
  const versions = new Map(members.map(({ name, version }) => [name, version]));
  const plan = planBatches(rollout.spec, rollout.status, members);
  const named = (name: string) => ({ name, version: versions.get(name) ?? '' });
  return {
    size: plan.size,
    total: members.length,
    there: plan.there.length,
    current: plan.current.map(named),
    failed: plan.failed.map(named),
    batches: plan.batches.slice(0, MAX_BATCHES).map((batch) => batch.map(named)),
    batchCount: plan.batches.length,
    held: plan.held.slice(0, MAX_HELD).map(({ cluster, reason }) => ({
      ...named(cluster),
      ...(reason === 'silent' ? { reason } : whyClosed(byName.get(cluster), world.now())),
    })),
    heldCount: plan.held.length,
  };
}

function whyClosed(cluster: StoredCluster | undefined, now: Date) {
  if (cluster?.spec.paused === true) return { reason: 'paused' as const };
  const opensAt = nextOpening(cluster?.spec.policy?.maintenance, now)?.toISOString();
  return { reason: 'window' as const, ...(opensAt === undefined ? {} : { opensAt }) };
}
