import { inProgress, type ObjectStatus } from '../health/object-status.ts';
import { statusOf } from '../health/status.ts';
import { textAt } from '../json.ts';
import { groupOf, type KubeObject } from '../object.ts';

/** What makes an object a hook, and when it is removed (helm.sh/docs, "Chart Hooks"). */
const HOOK = 'helm.sh/hook';
const DELETE_POLICY = 'helm.sh/hook-delete-policy';

export type HookAction = 'install' | 'upgrade' | 'rollback' | 'delete';

export function isHook(object: KubeObject): boolean {
  return eventsOf(object).length > 0;
}

/** Whether Helm runs this hook in the course of an action. */
export function runsIn(object: KubeObject, action: HookAction): boolean {
  return eventsOf(object).some((event) => event === `pre-${action}` || event === `post-${action}`);
}

/** A hook that runs until it is done, and whose success counts. */
export function isRunningHook(object: KubeObject): boolean {
  const kind = `${object.kind}.${groupOf(object.apiVersion)}`;
  return isHook(object) && (kind === 'Job.batch' || kind === 'Pod.');
}

/** A running hook of an installed component: tests, and what runs when it is taken away, don't count. */
export function isInstalledHook(object: KubeObject): boolean {
  const actions: HookAction[] = ['install', 'upgrade', 'rollback'];
  return isRunningHook(object) && actions.some((action) => runsIn(object, action));
}

/** Whether Helm is to remove a hook that failed. */
export function isRemovedWhenFailed(object: KubeObject): boolean {
  return policiesOf(object).includes('hook-failed');
}

/**
 * A hook as Helm is given it. What an earlier run left of the same name is removed first, always: with server-side
 * apply Helm would take an old Job that is done, or still runs, for this one. And a failed one stays until it has been
 * explained, so removing it isn't left to Helm.
 */
export function withSafePolicy(object: KubeObject): KubeObject {
  if (!isRunningHook(object)) return object;
  const kept = policiesOf(object).filter((policy) => policy !== 'hook-failed');
  const policies = [...new Set(['before-hook-creation', ...kept])];
  const annotations = { ...object.metadata.annotations, [DELETE_POLICY]: policies.join(',') };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** As statusOf, but a Pod that runs well is not done yet. */
export function hookStatus(found: KubeObject): ObjectStatus {
  const runs = found.kind === 'Pod' && textAt(found, 'status', 'phase') === 'Running';
  return runs ? inProgress('still runs') : statusOf(found);
}

function eventsOf({ metadata }: KubeObject): string[] {
  return listIn(metadata.annotations?.[HOOK]);
}

function policiesOf({ metadata }: KubeObject): string[] {
  return listIn(metadata.annotations?.[DELETE_POLICY]);
}

function listIn(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '');
}
