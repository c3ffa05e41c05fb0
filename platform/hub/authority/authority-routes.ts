import { z } from 'zod';
import { Cluster } from '../../api/cluster.ts';
import { platformError } from '../../errors.ts';
import { nothing, type Route, route } from '../http/route.ts';
import type { Action } from '../kubernetes.ts';
import type { Acknowledged, Acknowledgements, WaitingCluster } from './acknowledgements.ts';
import type { Authority } from './authority.ts';
import { authoritiesOf, isRotating, latestOf, signingKeysOf } from './rotation.ts';

export interface AuthorityRoutesOptions {
  readonly authority: Pick<Authority, 'set' | 'begin' | 'end'>;
  readonly acknowledgements: Pick<Acknowledgements, 'read'>;
  /** Takes what is in the Secret to all that use it here. */
  readonly refresh: () => Promise<void>;
}

/** What an answer names at most; all of them count. */
const MAX_NAMED = 500;

const Part = z.object({
  number: z.int(),
  fingerprint: z.string(),
  use: z.enum(['current', 'next', 'old']).meta({ description: 'next: agents learn of it.' }),
});
const State = z.object({
  rotating: z.boolean(),
  authorities: z.array(Part.extend({ until: z.string() })),
  signingKeys: z.array(Part),
  clusters: z.object({
    total: z.int().meta({ description: 'That have an agent.' }),
    acknowledged: z.int().meta({ description: 'Whose agent knows the latest authority and key.' }),
    offline: z.int().meta({ description: 'Whose agent does not, and is silent.' }),
    waiting: z
      .array(z.object({ project: z.string(), name: z.string(), offline: z.boolean(), reason: z.string() }))
      .meta({ description: `Whose agent does not, at most ${MAX_NAMED} of them.` }),
  }),
});
const Retirement = z.strictObject({
  leave: z
    .array(z.string().max(127))
    .max(MAX_NAMED)
    .default([])
    .meta({ description: 'Clusters as PROJECT/NAME that may lose their hub by this.' }),
});
const WriteQuery = z.strictObject({
  dryRun: z.enum(['true', 'false']).optional().meta({ description: 'true: checked, and nothing changed.' }),
});
const TAG = 'authority';

/** The authority by which agents know their hub, and how another one takes its place. */
export function authorityRoutes({ authority, acknowledgements, refresh }: AuthorityRoutesOptions): Route[] {
  const acknowledged = async (signal: AbortSignal) =>
    await acknowledgements.read(latestOf(authority.set), signal);
  const common = { tag: TAG, params: nothing, answers: 'AuthorityState', response: State };
  return [
    route({
      ...common,
      path: '/api/v1/authority',
      operationId: 'getAuthority',
      summary: 'The authorities and signing keys of the hub, and which agents know the latest',
      query: nothing,
      action: () => actionOn('get'),
      answer: async ({ signal }) => {
        await refresh();
        return stateOf(authority, await acknowledged(signal));
      },
    }),
    route({
      ...common,
      method: 'POST',
      path: '/api/v1/authority/rotate',
      operationId: 'rotateAuthority',
      summary: 'Makes another authority and signing key, which agents learn of from then on',
      query: WriteQuery,
      action: () => actionOn('update'),
      answer: async ({ query, signal }) => {
        // Before too: the Secret of a hub that has just been installed is empty.
        await refresh();
        if (query.dryRun !== 'true') await authority.begin();
        await refresh();
        return stateOf(authority, await acknowledged(signal));
      },
    }),
    route({
      ...common,
      method: 'POST',
      path: '/api/v1/authority/retire',
      operationId: 'retireAuthority',
      summary: 'Uses the latest authority and signing key, and no longer trusts the one before',
      query: WriteQuery,
      body: Retirement,
      takes: 'AuthorityRetirement',
      problems: ['AUTHORITY_NOT_ROTATING', 'AUTHORITY_NOT_ACKNOWLEDGED'],
      action: () => actionOn('update'),
      answer: async ({ query, body: { leave }, signal }) => {
        await refresh();
        const { set } = authority;
        if (!isRotating(set)) throw platformError('AUTHORITY_NOT_ROTATING', { subject: 'authority' });
        const found = await acknowledged(signal);
        checkAcknowledged(found, leave);
        if (query.dryRun === 'true') return stateOf(authority, found);
        await authority.end(latestOf(set));
        await refresh();
        return stateOf(authority, found);
      },
    }),
  ];
}

function checkAcknowledged({ total, waiting }: Acknowledged, leave: readonly string[]): void {
  const left = waiting.filter((cluster) => !leave.includes(nameOf(cluster)));
  if (left.length === 0) return;
  const named = left.slice(0, 10).map((cluster) => `${nameOf(cluster)} (${cluster.reason})`);
  const more = left.length > named.length ? `, and ${left.length - named.length} more` : '';
  throw platformError('AUTHORITY_NOT_ACKNOWLEDGED', {
    subject: `${left.length} of ${total} clusters`,
    detail: `${named.join(', ')}${more}`,
  });
}

function nameOf({ project, name }: WaitingCluster): string {
  return `${project}/${name}`;
}

function stateOf({ set }: Pick<Authority, 'set'>, { total, acknowledged, waiting }: Acknowledged) {
  return {
    rotating: isRotating(set),
    authorities: authoritiesOf(set),
    signingKeys: signingKeysOf(set),
    clusters: {
      total,
      acknowledged,
      offline: waiting.filter(({ offline }) => offline).length,
      waiting: waiting.slice(0, MAX_NAMED),
    },
  };
}

function actionOn(verb: 'get' | 'update'): Action {
  return { verb, group: Cluster.group, resource: 'authority' };
}
