import type { UpgradePlan } from '../../upgrade/upgrade-plan.ts';

/** The plan for programs. */
export function upgradeResult({
  stored,
  from,
  to,
  isInstalled,
  components,
  phases,
  images,
  ...plan
}: UpgradePlan) {
  return {
    from: stored.installation.release,
    to: { name: to.name, version: to.version },
    isInstalled,
    kubernetes: plan.cluster.version,
    components: components.map(({ name, namespace, action, revision }) => ({
      ...{ name, namespace, action, revision },
      before: from.components.find((one) => one.name === name)?.chart.tag,
      after: to.components.find((one) => one.name === name)?.chart.tag,
    })),
    images,
    checks: plan.checks.map(({ title, problem }) => ({ title, ok: problem === undefined })),
    conflicts: plan.conflicts,
    notes: plan.notes,
    phases: phases.map(({ phase: { id, title }, state }) => ({ id, title, state })),
  };
}

const ACTIONS = { keep: 'stays', upgrade: 'upgrade', install: 'new', remove: 'goes' } as const;

/** The plan for people. */
export function describeUpgrade(plan: UpgradePlan): string {
  const { from, to, components, phases, checks, conflicts, notes, isInstalled } = plan;
  if (isInstalled) return `${to.name} ${to.version} is installed already; nothing was changed.`;
  const version = (release: UpgradePlan['from'], name: string) =>
    release.components.find((one) => one.name === name)?.chart.tag ?? '-';
  return [
    `${from.name} ${from.version} -> ${to.version}`,
    '',
    ...checks.map(({ title }) => `ok    ${title}`),
    '',
    ...components.map(
      ({ name, action }) =>
        `${ACTIONS[action].padEnd(8)} ${name.padEnd(20)} ${version(from, name)} -> ${version(to, name)}`,
    ),
    '',
    ...phases.map(({ phase: { title }, state }) => `${state === 'run' ? 'will  ' : 'done  '}${title}`),
    ...conflicts.map(({ object, field, manager }) => `note  ${object} ${field} belongs to ${manager}`),
    ...notes.map((note) => `note  ${note}`),
  ].join('\n');
}
