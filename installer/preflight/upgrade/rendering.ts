import type { UpgradeCheck } from './finding.ts';

export const rendering: UpgradeCheck = {
  id: 'rendering',
  title: 'The charts render for this cluster',
  ofRelease: true,
  run: ({ subject: { problems } }) =>
    problems.map((problem) => ({
      severity: 'blocks',
      subject: problem.subject,
      message: problem.detail ?? problem.message,
      remedy: problem.remedy,
    })),
};
