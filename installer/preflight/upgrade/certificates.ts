import type { UpgradeCheck } from './finding.ts';

/** One that ends within days of an upgrade is blamed on the upgrade. */
const SOON_DAYS = 14;

export const certificates: UpgradeCheck = {
  id: 'certificates',
  title: 'No certificate of the platform has ended, or ends soon',
  ofRelease: false,
  run: ({ certificates: all }) =>
    (all ?? []).flatMap(({ name, where, until, daysLeft, renewedBy }) => {
      if (until === undefined || daysLeft === undefined || daysLeft > SOON_DAYS) return [];
      const hasEnded = daysLeft < 0;
      return [
        {
          severity: hasEnded ? ('blocks' as const) : ('warns' as const),
          subject: `${name} (${where})`,
          message: `${hasEnded ? 'it ended' : 'it ends'} on ${until.slice(0, 10)}; it is renewed by ${renewedBy}`,
          remedy: 'Have it renewed first; skerry status lists all of them with their dates.',
        },
      ];
    }),
};
