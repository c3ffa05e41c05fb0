import { readComponents } from '../../../apply/release/state.ts';
import type { UpgradeCheck } from './finding.ts';

/** What is ill before an upgrade is ill after going back, too: nobody could tell what the upgrade has broken. */
export const componentHealth: UpgradeCheck = {
  id: 'component-health',
  title: 'Every component is healthy now',
  ofRelease: false,
  run: async ({ subject: { engine, installation } }) => {
    const states = await readComponents(engine, installation.components);
    return states
      .filter(({ healthy }) => !healthy)
      .map(({ name, problems }) => ({
        severity: 'blocks',
        subject: `component ${name}`,
        message: problems.join('; '),
        remedy: 'Look at it with skerry status, and mend it first: an upgrade is no repair.',
      }));
  },
};
