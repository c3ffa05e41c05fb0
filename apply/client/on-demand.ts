import type { KubeObject } from '../object.ts';

/** Whether an object runs only when somebody asks Helm to test a release (https://helm.sh/docs/topics/chart_tests/). */
export function runsOnDemand({ metadata: { annotations } }: KubeObject): boolean {
  const events = annotations?.['helm.sh/hook']?.split(',').map((event) => event.trim()) ?? [];
  return events.length > 0 && events.every((event) => /^test(?:-success|-failure)?$/.test(event));
}
