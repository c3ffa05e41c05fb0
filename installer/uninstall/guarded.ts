import { describeObject, type KubeObject } from '../../apply/object.ts';
import { installerError } from '../errors.ts';
import { GUARD } from '../names.ts';
import type { UninstallPlan } from './plan.ts';

/** A kind whose objects are deleted only by its word. */
export interface GuardedKind {
  /** The name of its definition: `clusters.skerry.dev`. */
  readonly word: string;
  readonly resources: readonly KubeObject[];
  /** What is lost with them, as the definition says. */
  readonly loses: string;
}

/** What the definition says is lost with its objects; undefined where anybody may delete them without a word. */
export function guardOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[GUARD];
}

/** Guarded kinds of which there are objects. */
export function guardedIn({ crds }: Pick<UninstallPlan, 'crds'>): GuardedKind[] {
  return crds.flatMap(({ crd, resources }) => {
    const loses = guardOf(crd);
    return loses === undefined || resources.length === 0
      ? []
      : [{ word: crd.metadata.name, resources, loses }];
  });
}

/** Throws RESOURCES_GUARDED where objects would be deleted whose word was not given. */
export function checkWords(plan: Pick<UninstallPlan, 'crds'>, words: readonly string[]): void {
  const [first, ...more] = guardedIn(plan).filter(({ word }) => !words.includes(word));
  if (first === undefined) return;
  const all = [first, ...more];
  const named = all.flatMap(({ resources }) => resources.map(describeObject));
  const rest = named.length > SHOWN ? ` and ${named.length - SHOWN} more` : '';
  throw installerError('RESOURCES_GUARDED', {
    subject: all.map(({ word }) => word).join(', '),
    detail: `${named.slice(0, SHOWN).join(', ')}${rest}. ${all.map(({ loses }) => loses).join(' ')}`,
    remedy: `Keep them, or delete them too with ${all.map(({ word }) => `--delete ${word}`).join(' ')}.`,
  });
}

const SHOWN = 20;
