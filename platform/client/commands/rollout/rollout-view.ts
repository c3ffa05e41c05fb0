import { type Rollout, rollouts } from '../../kinds.ts';
import { age } from '../../output/age.ts';
import { fields } from '../../output/table.ts';
import type { View } from '../../output/view.ts';
import { FROM_LABEL } from './new-rollout.ts';

/** How rollouts are shown. */
export const rolloutView: View<Rollout> = {
  kind: rollouts,
  headings: ['NAME', 'PROFILE', 'STATE', 'READY', 'UPDATED', 'FAILED', 'OFFLINE', 'TOTAL', 'AGE', 'MESSAGE'],
  row: ({ name, created, spec, status }, now) => [
    name,
    `${spec.profile}@${spec.version}`,
    status?.phase ?? 'Pending',
    ...[status?.ready, status?.updated, status?.failed, status?.offline, status?.total].map((count) =>
      count === undefined ? '' : String(count),
    ),
    age(created, now),
    status?.message ?? '',
  ],
  describe: ({ name, project, created, labels, spec, status }, now) =>
    fields([
      ['name', name],
      ['project', project],
      ['profile', `${spec.profile}@${spec.version}`],
      ['before', labels?.[FROM_LABEL]],
      [
        'clusters',
        Object.entries(spec.selector ?? {})
          .map((pair) => pair.join('='))
          .join(', ') || 'all with the profile',
      ],
      ['state', status?.phase ?? 'Pending'],
      ['message', status?.message],
      ['ready', status && `${status.ready} of ${status.total}`],
      ['updated', status && String(status.updated)],
      ['failed', status && `${status.failed}, more than ${spec.maxFailures ?? 0} stop it`],
      ['offline', status && String(status.offline)],
      ['batch', spec.batch === undefined ? 'a tenth' : String(spec.batch)],
      ['soak', `${spec.soakSeconds ?? 60} s`],
      ['age', age(created, now)],
    ]),
};

/** How far a rollout is, in one line. */
export function progressOf(rollout: Rollout | undefined): string {
  if (rollout === undefined) return 'not there';
  const { status } = rollout;
  if (status === undefined) return 'Pending';
  const { phase, ready, total, failed, offline, message } = status;
  return [`${phase}, ${ready} of ${total} ready, ${failed} failed, ${offline} offline`, message]
    .filter(Boolean)
    .join(': ');
}
