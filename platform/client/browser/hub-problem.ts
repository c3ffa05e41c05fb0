import type { Problem } from '../operations.ts';

/** What the hub answered in place of a success. Its message is for people. */
export class HubProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** All of the answer; of one that is no problem of a hub only what every problem has. */
  readonly problem: Problem;

  constructor(problem: Problem) {
    const { title, detail, status, code } = problem;
    super(detail === undefined || detail === '' ? title : `${title} ${detail}`);
    this.name = 'HubProblem';
    this.status = status;
    this.code = code;
    this.problem = problem;
  }
}

/** The problem in an answer's text. What stands between hub and browser may have answered in its place. */
export function problemIn(status: number, text: string): HubProblem {
  const known = parsed(text);
  if (known !== undefined) return new HubProblem(known);
  return new HubProblem({
    type: 'about:blank',
    title: `The hub did not answer: status ${status}.`,
    status,
    instance: '',
    code: 'HUB_ANSWER_INVALID',
    subject: 'hub',
    remedy: 'Try again in a while; if it lasts, look at the hub and at what stands in front of it.',
  });
}

function parsed(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value?.code === 'string' && typeof value.status === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}
