import { HubProblem } from '../../../client/browser/hub-problem.ts';

/** One field that is at fault. */
export interface FieldProblem {
  /** As `spec.packs[0].values`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  /** The same without its code. */
  readonly detail?: string | undefined;
  readonly code?: string | undefined;
  /** Where in the YAML text of the field, as a JSON pointer. */
  readonly within?: string | undefined;
}

/** What went wrong, in the words of the hub (RFC 9457) where it answered. */
export interface Problem {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly subject?: string | undefined;
  readonly remedy?: string | undefined;
  /** The request's id, which is in the hub's log too. */
  readonly instance?: string | undefined;
  readonly errors: readonly FieldProblem[];
}

/** The problem in what was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof HubProblem) {
    const { errors = [], ...problem } = thrown.problem;
    return { ...problem, errors };
  }
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const remedy = 'What is shown is as old as it says. Try again in a moment.';
  // A browser throws a TypeError where there is no answer, and a TimeoutError where it took too long.
  if (thrown instanceof TypeError || (thrown instanceof Error && thrown.name === 'TimeoutError'))
    return {
      status: 0,
      code: 'HUB_UNREACHABLE',
      title: 'The hub does not answer.',
      detail,
      remedy,
      errors: [],
    };
  return { status: 0, code: 'CONSOLE_FAILED', title: 'The console itself failed.', detail, errors: [] };
}

/** What is wrong with one field, where something is. */
export function messageAt(problems: readonly FieldProblem[], path: string): string | undefined {
  const found = problems.find((problem) => problem.path === path);
  return found?.detail ?? found?.message;
}
