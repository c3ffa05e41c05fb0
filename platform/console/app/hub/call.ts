import {
  HubFetch,
  type InputOf,
  type OperationName,
  type Tagged,
} from '../../../client/browser/hub-fetch.ts';
import type { Operations } from '../../../client/operations.ts';
import { signedInAgain } from './signed-out.ts';

/** An answer may take so long; a dry run reads packs from the registry. */
const WITHIN_MS = 30_000;

/** What is sent waits for a new session where the old one has ended, and is sent again then. */
export const hub: HubFetch = new HubFetch({ onSignedOut: signedInAgain });

/** What an operation is called with. */
type Called<N extends OperationName> = Omit<InputOf<N>, 'signal'> & {
  readonly signal?: AbortSignal | undefined;
};

/** Calls an operation of the hub. Throws HubProblem, and what fetch throws where there is no answer. */
export async function call<N extends OperationName>(
  name: N,
  input: Called<N>,
): Promise<Operations[N]['answer']> {
  return (await callTagged(name, input)).body;
}

/** As call, with the ETag. */
async function callTagged<N extends OperationName>(
  name: N,
  input: Called<N>,
): Promise<Tagged<Operations[N]['answer']>> {
  return await hub.tagged(name, { ...input, signal: limited(input.signal) });
}

interface Input {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** As call, where the kind of object is known at run time alone: the caller says what the operation answers. */
export async function ask<T>(name: string, { signal, ...input }: Input): Promise<T> {
  // Every kind has the same operations, which a type of all kinds can't say.
  const untyped: (operation: OperationName, given: object) => Promise<Tagged<unknown>> = (operation, given) =>
    hub.tagged(operation, given);
  const { body } = await untyped(name as OperationName, { ...input, signal: limited(signal) });
  return body as T;
}

function limited(signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(WITHIN_MS);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}
