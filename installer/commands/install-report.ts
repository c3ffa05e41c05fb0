import { type Console, print } from '../console.ts';
import type { InstallContext, InstallPlan } from '../install.ts';

export function planResult(plan: InstallPlan) {
  return {
    checks: plan.checks.map(({ title, problem }) => ({ title, ok: problem === undefined })),
    phases: plan.phases.map(({ phase, title, state }) => ({ id: phase.id, title, state })),
  };
}

export function describePlan(plan: InstallPlan): string {
  return [
    ...plan.checks.map(({ title }) => `ok    ${title}`),
    '',
    ...plan.phases.map(({ title, state }) => `${state === 'run' ? 'will  ' : 'done  '}${title}`),
    '',
    'Dry run: nothing was changed.',
  ].join('\n');
}

export function finish(
  console: Console,
  output: 'text' | 'json',
  { bundle }: InstallContext,
  plan: InstallPlan,
  { changed, started }: { changed: boolean; started: number },
) {
  const { release, address } = bundle;
  const result = {
    release: { name: release.name, version: release.version, digest: address.digest },
    changed,
    durationMs: Math.round(performance.now() - started),
    ...planResult(plan),
  };
  print(console, output, result, () =>
    changed
      ? `\n${release.name} ${release.version} is installed. Look around with  skerry status`
      : `\n${release.name} ${release.version} is installed already and healthy; nothing was changed.`,
  );
}
