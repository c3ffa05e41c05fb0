import type { KubeClient } from '../../../apply/client/client.ts';
import { celStatus } from '../../../apply/health/cel.ts';
import type { GateCheck } from '../../../bundle/component-gate.ts';
import { isSkerryError, messageOf } from '../../../content/error.ts';

export interface CheckInput {
  readonly client: Pick<KubeClient, 'get' | 'read'>;
  /** Of the component. */
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** Why a check that only looks does not pass right now; undefined where it does. A Job is none of these. */
export async function gateProblem(input: CheckInput, check: GateCheck): Promise<string | undefined> {
  try {
    if (check.http !== undefined) return await httpProblem(input, check.http);
    if (check.cel !== undefined) return await celProblem(input, check.cel);
    return undefined;
  } catch (error) {
    input.signal.throwIfAborted();
    // A server that restarts, or a kind that is about to be served.
    if (isSkerryError(error)) return `${error.code}: ${messageOf(error)}`;
    throw error;
  }
}

// By way of the API server: workstations don't reach pods.
async function httpProblem(
  { client, namespace, signal }: CheckInput,
  { service, port, path, scheme }: NonNullable<GateCheck['http']>,
): Promise<string | undefined> {
  const name = `${scheme === 'https' ? 'https:' : ''}${service}:${port}`;
  const answer = await client.read(`/api/v1/namespaces/${namespace}/services/${name}/proxy${path}`, {
    signal,
    accept: '*/*',
  });
  if (answer.status < 400) return undefined;
  return `${scheme}://${service}:${port}${path} answers ${answer.status}: ${answer.text.slice(0, 200)}`;
}

async function celProblem(
  { client, namespace, signal }: CheckInput,
  { apiVersion, kind, name, expression, ...cel }: NonNullable<GateCheck['cel']>,
): Promise<string | undefined> {
  const metadata = { name, namespace: cel.namespace ?? namespace };
  const found = await client.get({ apiVersion, kind, metadata }, { signal });
  if (found === undefined) return `there is no ${kind} ${name}`;
  const { status, message } = celStatus(found, expression);
  return status === 'Current' ? undefined : `${kind} ${name}: ${message}`;
}
