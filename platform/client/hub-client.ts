import type { z } from 'zod';
import type { HubAnswer, HubConnection } from './connection/connection.ts';
import type { Query } from './connection/filled-path.ts';
import { requestPath } from './connection/request-path.ts';
import { narrow } from './narrow.ts';
import { type Operations, operations } from './operations.ts';

/** Any operation, as it is called by its name: method and path. */
export type OperationName = keyof Operations & string;

interface Input {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Query | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly repeatable?: boolean | undefined;
}

/** What an operation is called with, besides a signal and whether it may be repeated. */
export type InputOf<N extends OperationName> = Operations[N]['input'] & Pick<Input, 'signal' | 'repeatable'>;

/** The hub's operations with their types, from docs/openapi.json. */
export class HubClient {
  readonly connection: HubConnection;

  constructor(connection: HubConnection) {
    this.connection = connection;
  }

  /** Calls an operation; throws HUB_UNREACHABLE, HUB_ANSWER_INVALID and the codes that the operation documents. */
  async call<N extends OperationName>(name: N, input: InputOf<N>): Promise<Operations[N]['answer']> {
    const operation: { readonly answer: z.ZodType<Operations[N]['answer']> } = operations[name];
    const answer = await this.send(name, input);
    return narrow(operation.answer, answer.body, name);
  }

  /** As call, with all of the answer and its body as it came. */
  async send(name: OperationName, input: Input): Promise<HubAnswer> {
    const { method, path, contentType } = operations[name];
    return await this.connection.send({
      method,
      path: requestPath(path, input.params ?? {}, input.query),
      headers: input.headers,
      body: input.body,
      contentType,
      signal: input.signal,
      repeatable: input.repeatable,
    });
  }
}
