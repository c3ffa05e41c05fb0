import type { Installation, UpgradeRecord } from './installation.ts';

/** An upgrade that is under way, or what can be gone back to; nothing where there was never one. */
export function describeUpgrade({ upgrade, previous, history }: Installation): string[] {
  return [
    ...(upgrade === undefined ? [] : underWay(upgrade, history.at(-1)?.by)),
    ...(previous === undefined
      ? []
      : [
          `previous    ${previous.release.name} ${previous.release.version}, until ${previous.upgradedAt}: skerry rollback returns to it`,
        ]),
  ];
}

function underWay({ from, to, direction, startedAt, reason, phases }: UpgradeRecord, who = ''): string[] {
  const done = phases.filter(({ state }) => state === 'done').length;
  const phase = phases.find(({ state }) => state === 'running' || state === 'failed');
  const way =
    direction === 'forward'
      ? `from ${from.version} to ${to.version}`
      : `from ${to.version} BACK to ${from.version}`;
  const by = phase?.by ?? who;
  return [
    `upgrade     ${way}, since ${startedAt}${by === '' ? '' : ` by ${by}`}`,
    `            ${done} of ${phases.length} phases done${phase === undefined ? '' : `; ${phase.id} ${phase.state}${phase.startedAt === undefined ? '' : ` since ${phase.startedAt}`}`}`,
    ...(phase?.error === undefined ? [] : [`            ${phase.error.code}: ${phase.error.message}`]),
    ...(reason === undefined
      ? []
      : [`            it goes back because of ${reason.code}: ${reason.message}`]),
  ];
}
