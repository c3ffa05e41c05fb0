import { placeOf } from '../../../client/objects/pointer.ts';
import type { FieldProblem } from '../hub/problem.ts';

/** A stretch of a text, and what is wrong with it. */
export interface TextProblem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

/**
 * What the hub said of the values of one pack, at its place in the text. `field` is where the values are in what was sent,
 * as `spec.packs[0].values`.
 */
export function problemsIn(text: string, field: string, problems: readonly FieldProblem[]): TextProblem[] {
  return problems
    .filter(({ path }) => path === field)
    .map(({ message, detail = message, within, code }) => {
      const { from, to } = placeOf(text, within ?? '') ?? { from: 0, to: 0 };
      return { from, to, message: code === undefined ? detail : `${detail} (${code})` };
    });
}
