import { findConflicts } from '../../../apply/release/conflicts.ts';
import type { Found, UpgradeCheck } from './finding.ts';

export const ownedFields: UpgradeCheck = {
  id: 'owned-fields',
  title: 'Nobody else has set fields that the release sets',
  ofRelease: false,
  run: async ({ subject: { engine, components }, onConflict }) => {
    const found: Found[] = [];
    for (const { component } of components) {
      for (const { object, field, manager } of await findConflicts(engine, component)) {
        found.push({
          severity: onConflict === 'stop' ? 'blocks' : 'notes',
          subject: object,
          message: `${field} was set by ${manager}; ${WORDS[onConflict]}`,
          remedy:
            onConflict === 'stop'
              ? 'Keep what they have set with --on-conflict keep, or take it over with --on-conflict take.'
              : '',
        });
      }
    }
    return found;
  },
};

const WORDS = {
  stop: 'the release would set it otherwise',
  keep: 'it stays as they have set it',
  take: 'it becomes what the release says',
};
