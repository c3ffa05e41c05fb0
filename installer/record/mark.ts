import type { KubeObject } from '../../apply/object.ts';
import { LABELS, MARK } from '../names.ts';

/** The labels of what the installer makes for the installation with this id. */
export function marked(id: string): Readonly<Record<string, string>> {
  return { ...LABELS, [MARK]: id };
}

/** The id of the installation that made it; undefined where none did. */
export function markOf(object: KubeObject | undefined): string | undefined {
  return object?.metadata.labels?.[MARK] || undefined;
}
