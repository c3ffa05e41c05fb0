import { z } from 'zod';
import { SkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { platformError } from '../../errors.ts';

/** A field at fault; a hub of before names it by its path alone. */
const Fault = z.looseObject({
  path: z.string(),
  message: z.string(),
  /** RFC 6901, into what was sent. */
  pointer: z.string().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  /** A pointer into the YAML that the field is a text of. */
  within: z.string().optional(),
});
export type RefusedField = z.infer<typeof Fault>;

/** RFC 9457 with the hub's own members, as far as they are read here. */
const Problem = z.looseObject({
  code: z.string().max(100),
  title: z.string(),
  detail: z.string().optional(),
  subject: z.string(),
  remedy: z.string(),
  instance: z.string().optional(),
  errors: z.array(Fault).optional(),
});

/** What a hub answered in place of a success, with its code, subject and remedy. */
export class HubRefusal extends SkerryError {
  readonly status: number;
  /** The fields at fault, where the hub names them. */
  readonly errors: readonly RefusedField[];
  readonly #problem: z.infer<typeof Problem>;

  constructor(status: number, problem: z.infer<typeof Problem>) {
    const { code, title, subject, remedy } = problem;
    super(code, { means: title, remedy, exit: exitOf(code, status) }, { subject, detail: detailOf(problem) });
    this.status = status;
    this.errors = problem.errors ?? [];
    this.#problem = problem;
  }

  /** The same with the fields at fault said in other words. */
  saying(lines: readonly string[]): HubRefusal {
    return new HubRefusal(this.status, { ...this.#problem, detail: lines.join('\n'), errors: undefined });
  }
}

/** True for a refusal with one of some statuses. */
export function isRefusal(error: unknown, ...statuses: readonly number[]): error is HubRefusal {
  return error instanceof HubRefusal && statuses.includes(error.status);
}

/** The hub's own failure as it is: its code, subject and remedy. HUB_ANSWER_INVALID where the answer is no problem of a hub. */
export function problemError(subject: string, status: number, text: string): SkerryError {
  const parsed = Problem.safeParse(tryJson(text));
  if (!parsed.success) {
    return platformError('HUB_ANSWER_INVALID', {
      subject,
      detail: `status ${status} without a problem of the hub; is this the address of a hub?`,
    });
  }
  return new HubRefusal(status, parsed.data);
}

function detailOf({ detail, errors = [], instance, code }: z.infer<typeof Problem>): string | undefined {
  const fields = errors
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .filter((field) => detail?.includes(field) !== true);
  const request = code === 'HUB_FAILED' && instance !== undefined ? [instance] : [];
  const all = [...(detail === undefined ? [] : [detail]), ...fields, ...request];
  return all.length === 0 ? undefined : all.join('; ');
}

// A file or an option that cannot be used is answered with 400 or 422; a code that this program knows has its own.
function exitOf(code: string, status: number): number {
  return platformError.table[code]?.exit ?? ([400, 422].includes(status) ? 2 : 1);
}
