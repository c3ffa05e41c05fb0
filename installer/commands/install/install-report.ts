import type { InstallContext } from '../../install.ts';
import type { InstallPlan } from '../../install-plan.ts';
import { describeRun, unfinishedRun } from '../../record/last-run.ts';
import { type Console, print } from '../../terminal/console.ts';
import type { StepTime } from '../../terminal/steps.ts';

export function planResult(plan: InstallPlan) {
  return {
    lastRun: unfinishedRun(plan.found),
    checks: plan.checks.map(({ title, problem }) => ({ title, ok: problem === undefined })),
    conflicts: plan.conflicts,
    phases: plan.phases.map(({ phase, title, state }) => ({ id: phase.id, title, state })),
    adopted: plan.adopted.map(({ word }) => word),
  };
}

export function describePlan(plan: InstallPlan): string {
  const last = unfinishedRun(plan.found);
  return [
    ...(last === undefined ? [] : [`last run: ${describeRun(last)}`, '']),
    ...plan.checks.map(({ title }) => `ok    ${title}`),
    '',
    ...plan.adopted.map(({ word, warning }) => `adopt ${word}${warning === undefined ? '' : `: ${warning}`}`),
    ...plan.phases.map(({ title, state }) => `${state === 'run' ? 'will  ' : 'done  '}${title}`),
    ...plan.conflicts.map(({ object, field, manager }) => `note  ${object} ${field} belongs to ${manager}`),
    '',
    'Dry run: nothing was changed.',
  ].join('\n');
}

export function finish(
  console: Console,
  output: 'text' | 'json',
  { bundle }: InstallContext,
  plan: InstallPlan,
  { changed, started, times }: { changed: boolean; started: number; times: readonly StepTime[] },
) {
  const { release, address } = bundle;
  const result = {
    release: { name: release.name, version: release.version, digest: address.digest },
    changed,
    durationMs: Math.round(performance.now() - started),
    times,
    ...planResult(plan),
  };
  print(console, output, result, () =>
    changed
      ? `\n${release.name} ${release.version} is installed. Look around with  skerry status`
      : `\n${release.name} ${release.version} is installed already and healthy; nothing was changed.`,
  );
}
