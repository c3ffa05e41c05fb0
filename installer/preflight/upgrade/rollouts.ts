import { describeRollout, rolloutsUnderWay } from '../rollouts-under-way.ts';
import type { UpgradeCheck } from './finding.ts';

/**
 * While the hub is replaced nobody watches the clusters that a rollout has just changed, and the hub that goes on with it
 * is another one. Going back leaves rollouts as they are.
 */
export const rollouts: UpgradeCheck = {
  id: 'rollouts',
  title: 'No rollout to clusters is under way',
  ofRelease: false,
  run: async ({ subject: { engine } }) =>
    (await rolloutsUnderWay(engine.client, engine.signal)).map((rollout) => ({
      // One that is paused changes nothing meanwhile.
      severity: rollout.phase === 'Paused' ? 'notes' : 'warns',
      subject: `Rollout ${rollout.namespace}/${rollout.name}`,
      message: describeRollout(rollout),
      remedy:
        rollout.phase === 'Paused'
          ? ''
          : `Wait until it is complete, or hold it with skerry fleet rollout pause ${rollout.name} --project ${rollout.namespace}.`,
    })),
};
