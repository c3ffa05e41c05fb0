import { z } from 'zod';
import { apiError } from '../../../apply/client/api-error.ts';
import type { KubeClient } from '../../../apply/client/client.ts';
import { type KubeObject, narrowObject } from '../../../apply/object.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { GROUP } from '../../api/group.ts';
import { platformError } from '../../errors.ts';

export interface PageRequest {
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  readonly limit: number;
  readonly continue?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectPage {
  readonly items: readonly KubeObject[];
  /** The resourceVersion of the list. */
  readonly version: string;
  readonly next: string | undefined;
}

const CALL_TIMEOUT_MS = 10_000;
const List = z.object({
  metadata: z.object({ resourceVersion: z.string().default(''), continue: z.string().optional() }),
  items: z.array(z.looseObject({})).nullish(),
});

/** A page of a list, in the API server's own pages. Throws PAGE_EXPIRED, REQUEST_INVALID and the CLUSTER_ codes. */
export async function readPage(
  client: Pick<KubeClient, 'read'>,
  kind: CustomResource,
  { namespace, signal, ...asked }: PageRequest,
): Promise<ObjectPage> {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const query = new URLSearchParams({ limit: String(asked.limit) });
  if (asked.continue !== undefined) query.set('continue', asked.continue);
  if (asked.labelSelector !== undefined) query.set('labelSelector', asked.labelSelector);
  const path = `/apis/${GROUP}/${kind.version}${within}/${kind.plural}?${query}`;
  const response = await client.read(path, { signal, timeoutMs: CALL_TIMEOUT_MS });
  if (response.status === 410) throw platformError('PAGE_EXPIRED', { subject: 'continue' });
  if (response.status === 400) {
    const subject = asked.continue === undefined ? 'labelSelector' : 'continue';
    throw platformError('REQUEST_INVALID', { subject });
  }
  if (response.status >= 400) throw apiError(`list of ${kind.plural}`, response);
  const { items, metadata } = List.parse(JSON.parse(response.text));
  return {
    // Items of a list don't repeat what the list says.
    items: (items ?? []).flatMap((item) => objectsOf({ apiVersion: '-', kind: kind.kind, ...item })),
    version: metadata.resourceVersion,
    next: metadata.continue || undefined,
  };
}

function objectsOf(item: unknown): KubeObject[] {
  const narrowed = narrowObject(item);
  return 'object' in narrowed ? [narrowed.object] : [];
}
