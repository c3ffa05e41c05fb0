import type { DriftItem } from '../api/cluster-status.ts';
import type { AgentEvent } from '../desired/report.ts';
import type { DriftProblem } from './drift/drift-watch.ts';

type Happening = Pick<AgentEvent, 'kind' | 'subject' | 'detail' | 'by'>;

const KINDS: Readonly<Record<DriftItem['state'], AgentEvent['kind']>> = {
  found: 'drift',
  corrected: 'corrected',
  contested: 'contested',
  failed: 'drift',
};

/** What happened between two looks at drift: each item that is there now and was not, or was in another state. */
export function driftEvents(before: readonly DriftItem[], now: readonly DriftItem[]): Happening[] {
  const known = new Set(before.map(keyOf));
  return now
    .filter((item) => !known.has(keyOf(item)))
    .map(({ layer, object, what, fields, by, state }) => ({
      kind: KINDS[state],
      subject: `${layer}: ${object}`,
      detail: [what, ...fields].join(' '),
      ...(by === undefined ? {} : { by }),
    }));
}

/** So many at a time: when the cluster forbids one thing it often forbids a hundred. */
const MOST_PROBLEMS = 10;

/** What cannot be watched or looked at any more since the last time, and why. */
export function problemEvents(before: readonly DriftProblem[], now: readonly DriftProblem[]): Happening[] {
  const known = new Set(before.map(({ subject, code }) => `${subject}\n${code}`));
  return now
    .filter(({ subject, code }) => !known.has(`${subject}\n${code}`))
    .slice(0, MOST_PROBLEMS)
    .map(({ subject, code }) => ({ kind: 'failed', subject: `drift of ${subject}`, detail: code }));
}

function keyOf({ layer, object, what, state, by = '', fields, at }: DriftItem): string {
  // What was put back once more has happened once more; what is open is the same however often it is looked at.
  const time = state === 'corrected' ? at : '';
  return [layer, object, what, state, by, time, ...fields].join('\n');
}
