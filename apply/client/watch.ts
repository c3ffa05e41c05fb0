import { z } from 'zod';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import { type Clock, systemClock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { narrowObject } from '../object.ts';
import { apiError } from './api-error.ts';
import type { KubeClient, ObjectList, Selection, WatchEvent } from './client.ts';
import type { Resource } from './discovery.ts';
import type { ApiRequest, Transport } from './transport.ts';

interface WatchInput {
  readonly client: Pick<KubeClient, 'list' | 'resource'>;
  readonly transport: Transport;
  readonly selection: Selection;
  readonly signal: AbortSignal;
  /** A resourceVersion to go on from, in place of the first list. */
  readonly from?: string | undefined;
  readonly pathOf: (resource: Resource, namespace: string | undefined) => string;
  readonly clock?: Clock | undefined;
  /** After so many milliseconds a connection is given up that the server should have ended. */
  readonly connectionMs?: number | undefined;
}

/** How long the server keeps one connection, in seconds; then the watch goes on with another. */
const CONNECTION_SECONDS = 240;
/** A connection that the server has not ended by then leads nowhere any more: half-open, it would be silent for ever. */
const CONNECTION_DEADLINE_MS = (CONNECTION_SECONDS + 30) * 1000;
const PAUSE_MS = 1000;
/** Kubernetes API concepts, "Metadata-only fetches". */
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/**
 * Lists, then watches from there on (Kubernetes API concepts, "Efficient detection of changes"). A closed connection
 * goes on from the last resourceVersion; where that is too old (410 Gone) everything is listed again.
 */
export async function* watchObjects(input: WatchInput): AsyncGenerator<WatchEvent, void, undefined> {
  const { client, selection, signal, clock = systemClock } = input;
  const resource = await client.resource(selection.apiVersion, selection.kind, { signal });
  let isFirst = true;
  let { from } = input;
  while (!signal.aborted) {
    const list = from === undefined ? await listAgain(input, isFirst) : undefined;
    isFirst = false;
    let position = from ?? list?.resourceVersion;
    from = undefined;
    if (list !== undefined) {
      yield { type: 'listed', objects: list.items, resourceVersion: list.resourceVersion };
    }
    // Also after a good end there is a pause, so that a server which closes at once is not asked all the time.
    do {
      if (position !== undefined) position = yield* watchOnce(input, resource, position);
      await clock.sleep(PAUSE_MS, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
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

/**
 * One connection. Returns where to go on, or undefined when the server no longer knows that place. A connection that
 * breaks or goes silent is nothing unusual; whatever else fails is thrown, and not tried again for ever.
 */
async function* watchOnce(
  input: WatchInput,
  resource: Resource,
  from: string,
): AsyncGenerator<WatchEvent, string | undefined, undefined> {
  let position: string | undefined = from;
  const deadline = AbortSignal.timeout(input.connectionMs ?? CONNECTION_DEADLINE_MS);
  try {
    const { transport, selection } = input;
    const signal = AbortSignal.any([input.signal, deadline]);
    const request = requestOf(input, resource, from);
    const { subject } = request;
    const response = await transport.stream({ ...request, signal });
    if (response.status === 410) return undefined;
    if (response.status >= 400)
      throw apiError(subject, { status: response.status, text: await textOf(response.body) });
    for await (const line of linesOf(passing(response.body, input))) {
      const change = readChange(line, subject);
      if (change === 'gone') return undefined;
      if (change === undefined) continue;
      position = change.position ?? position;
      if (change.event !== undefined) yield asSelected(change.event, selection);
    }
  } catch (error) {
    // Either signal is behind what its reader throws: the caller's ends the watch, the deadline this connection.
    const isOver = input.signal.aborted || deadline.aborted;
    if (!isOver && !(isSkerryError(error) && PASSES.has(error.code))) throw error;
  }
  return position;
}

function requestOf({ selection, pathOf }: WatchInput, resource: Resource, from: string): ApiRequest {
  const { labelSelector, fieldSelector, namespace, kind, metadataOnly = false } = selection;
  return {
    method: 'GET',
    path: pathOf(resource, namespace),
    query: {
      watch: true,
      resourceVersion: from,
      allowWatchBookmarks: true,
      timeoutSeconds: CONNECTION_SECONDS,
      labelSelector,
      fieldSelector,
    },
    accept: metadataOnly ? METADATA : undefined,
    subject: `watch of ${kind}`,
  };
}

/** What is sent of a watch for metadata bears the kind of that answer, and not its own. */
function asSelected(
  event: WatchEvent,
  { apiVersion, kind, metadataOnly = false, keep }: Selection,
): WatchEvent {
  if (event.type === 'listed') return event;
  const object = metadataOnly ? { ...event.object, apiVersion, kind } : event.object;
  return { ...event, object: keep?.(object) ?? object };
}

// A body that breaks off fails with what the socket said; that is the network, whatever it is called.
async function* passing(
  body: AsyncIterable<Uint8Array>,
  { transport }: WatchInput,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw applyError('CLUSTER_UNREACHABLE', { subject: transport.server, detail: messageOf(cause), cause });
  }
}

const changeSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional() }),
});

const EVENTS = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

/** One line of a watch; `gone` for any error event, since all of them mean that the place is lost. */
function readChange(
  line: string,
  subject: string,
): { position: string | undefined; event?: WatchEvent } | 'gone' | undefined {
  if (line.trim() === '') return undefined;
  const read = changeSchema.safeParse(tryJson(line));
  if (!read.success) {
    const detail = `not an event: ${line.slice(0, 200)}`;
    throw applyError('CLUSTER_ANSWER_INVALID', { subject, detail });
  }
  const { type, object } = read.data;
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
