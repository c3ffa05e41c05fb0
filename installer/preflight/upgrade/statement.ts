import type { UpgradeCheck } from './finding.ts';

export const statement: UpgradeCheck = {
  id: 'statement',
  title: 'The vendor has rehearsed this upgrade, and going back from it',
  ofRelease: true,
  run: ({ proven, subject: { from, to } }) => {
    const subject = `${from.release.version} to ${to.release.version}`;
    if (proven === true) return [];
    if (proven === undefined)
      return [
        {
          severity: 'notes',
          subject,
          message: 'whether this upgrade was rehearsed is not known',
          remedy: '',
        },
      ];
    return [
      {
        severity: 'warns',
        subject,
        message: 'no signed statement says that this upgrade was rehearsed up and down',
        remedy:
          'Ask the vendor for a bundle with one (skerry bundle prove), or try it in another cluster first.',
      },
    ];
  },
};
