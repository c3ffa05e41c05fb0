import { z } from 'zod';
import { isSkerryError } from '../content/error.ts';
import { apiError } from './api-error.ts';
import type { KubeClient, ObjectList, Selection, WatchEvent } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Resource } from './discovery.ts';
import { narrowObject } from './object.ts';
import type { Transport } from './transport.ts';

interface WatchInput {
  readonly client: Pick<KubeClient, 'list' | 'resource'>;
  readonly transport: Transport;
  readonly selection: Selection;
  readonly signal: AbortSignal;
  readonly pathOf: (resource: Resource, namespace: string | undefined) => string;
  readonly clock?: Clock | undefined;
}

/** How long the server keeps one connection, in seconds; then the watch goes on with another. */
const CONNECTION_SECONDS = 240;
const PAUSE_MS = 1000;

/**
 * Lists, then watches from there on (Kubernetes API concepts, "Efficient detection of changes"). A closed connection
 * goes on from the last resourceVersion; where that is too old (410 Gone) everything is listed again.
 */
export async function* watchObjects(input: WatchInput): AsyncGenerator<WatchEvent, void, undefined> {
  const { client, selection, signal, clock = systemClock } = input;
  const resource = await client.resource(selection.apiVersion, selection.kind, { signal });
  let isFirst = true;
  while (!signal.aborted) {
    const list = await listAgain(input, isFirst);
    isFirst = false;
    let position = list?.resourceVersion;
    if (list !== undefined) yield { type: 'listed', objects: list.items };
    // Also after a good end there is a pause, so that a server which closes at once is not asked all the time.
    do {
      if (position !== undefined) position = yield* watchOnce(input, resource, position);
      await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    } while (position !== undefined && !signal.aborted);
  }
}

// Who starts to watch wants to know that the cluster is away; who has watched for days waits until it is back.
async function listAgain(
  { client, selection, signal }: WatchInput,
  isFirst: boolean,
): Promise<ObjectList | undefined> {
  try {
    return await client.list(selection, { signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    if (isFirst || !isSkerryError(error) || !PASSES.has(error.code)) throw error;
    return undefined;
  }
}

/** A broken connection and a troubled server are what this loop is for; a refusal is not. */
const PASSES = new Set(['CLUSTER_UNREACHABLE', 'CLUSTER_ERROR']);

/** One connection. Returns where to go on, or undefined when the server no longer knows that place. */
async function* watchOnce(
  input: WatchInput,
  resource: Resource,
  from: string,
): AsyncGenerator<WatchEvent, string | undefined, undefined> {
  let position: string | undefined = from;
  try {
    const { transport, selection, signal, pathOf } = input;
    const { labelSelector, fieldSelector, namespace, kind } = selection;
    const subject = `watch of ${kind}`;
    const query = {
      watch: true,
      resourceVersion: from,
      allowWatchBookmarks: true,
      timeoutSeconds: CONNECTION_SECONDS,
      labelSelector,
      fieldSelector,
    };
    const response = await transport.stream({
      method: 'GET',
      path: pathOf(resource, namespace),
      query,
      subject,
      signal,
    });
    if (response.status === 410) return undefined;
    if (response.status >= 400)
      throw apiError(subject, { status: response.status, text: await textOf(response.body) });
    for await (const line of linesOf(response.body)) {
      const change = readChange(line);
      if (change === 'gone') return undefined;
      if (change === undefined) continue;
      position = change.position ?? position;
      if (change.event !== undefined) yield change.event;
    }
  } catch (error) {
    if (input.signal.aborted) return position;
    if (isSkerryError(error) && !PASSES.has(error.code)) throw error;
  }
  return position;
}

const changeSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional() }),
});

const EVENTS = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

/** One line of a watch; `gone` for any error event, since all of them mean that the place is lost. */
function readChange(line: string): { position: string | undefined; event?: WatchEvent } | 'gone' | undefined {
  if (line.trim() === '') return undefined;
  const { type, object } = changeSchema.parse(JSON.parse(line));
  if (type === 'ERROR') return 'gone';
  const position = object.metadata?.resourceVersion;
  if (type === 'BOOKMARK') return { position };
  const narrowed = narrowObject(object);
  return 'problem' in narrowed
    ? { position }
    : { position, event: { type: EVENTS[type], object: narrowed.object } };
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

// A reader that stops early ends this loop, which cancels the body and with it the connection.
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
