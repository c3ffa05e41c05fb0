import type { KubeObject } from '../../apply/object.ts';

/** True where an object itself says that it stays when its release goes, as Helm reads it. */
export function isKept({ metadata: { annotations } }: KubeObject): boolean {
  return annotations?.['helm.sh/resource-policy']?.trim().toLowerCase() === 'keep';
}
