import { z } from 'zod';
import { platformError } from '../errors.ts';
import type { Action } from './kubernetes.ts';

/** One operation of the API: what it is called, what it takes and gives, who may, and how it is done. */
export interface Definition<P extends z.ZodObject, Q extends z.ZodObject, R extends z.ZodType> {
  /** As OpenAPI writes it: `/api/v1/packs/{name}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly params: P;
  readonly query: Q;
  /** Name of the answer's schema in the document. */
  readonly answers: string;
  readonly response: R;
  /** Codes that the answer can be, besides those that every operation has. */
  readonly problems?: readonly string[];
  /** What the user must be allowed to do; absent when anyone may. */
  readonly action?: (params: z.output<P>) => Action;
  /** Asked so often that its requests are not logged. */
  readonly quiet?: boolean;
  readonly answer: (request: { params: z.output<P>; query: z.output<Q> }) => Promise<z.input<R>> | z.input<R>;
}

/** An operation with its types closed over, as the server and the OpenAPI document take it. */
export interface Route {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly answers: string;
  readonly response: z.ZodType;
  readonly problems: readonly string[];
  readonly secured: boolean;
  readonly quiet: boolean;
  /** Narrows a request. Throws REQUEST_INVALID. */
  readonly prepare: (params: unknown, query: unknown) => Prepared;
}

export interface Prepared {
  readonly action: Action | undefined;
  readonly answer: () => Promise<unknown>;
}

/** Params or query of an operation that takes none. */
export const nothing = z.strictObject({});

export function route<P extends z.ZodObject, Q extends z.ZodObject, R extends z.ZodType>(
  definition: Definition<P, Q, R>,
): Route {
  const { problems = [], quiet = false, action, answer, ...rest } = definition;
  return {
    ...rest,
    problems,
    quiet,
    secured: action !== undefined,
    prepare: (rawParams, rawQuery) => {
      const params = parse(definition.params, rawParams);
      const query = parse(definition.query, rawQuery);
      return { action: action?.(params), answer: async () => await answer({ params, query }) };
    },
  };
}

function parse<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : '';
  throw platformError('REQUEST_INVALID', {
    subject: issue?.path.join('.') || unknown || 'request',
    detail: issue?.message,
  });
}
