import { describeRun, unfinishedRun as unfinished } from '../../record/last-run.ts';
import type { UpgradeCheck } from './finding.ts';

export const unfinishedRun: UpgradeCheck = {
  id: 'unfinished-run',
  title: 'No earlier run was left unfinished',
  ofRelease: false,
  run: ({ subject: { installation } }) => {
    const { state, upgrade, release } = installation;
    const last = unfinished(installation);
    const detail = last === undefined ? '' : `; ${describeRun(last)}`;
    if (state === 'installed' && upgrade === undefined)
      return last === undefined
        ? []
        : [{ severity: 'notes', subject: 'the last run', message: describeRun(last), remedy: '' }];
    return [
      {
        severity: 'blocks',
        subject: `${release.name} ${release.version}`,
        message: `it is ${state}${detail}`,
        remedy:
          upgrade === undefined
            ? 'Finish it first: run the command that was begun again, with the stick of that release.'
            : `Go on with it with the stick of ${upgrade.to.version}, or return with skerry rollback.`,
      },
    ];
  },
};
