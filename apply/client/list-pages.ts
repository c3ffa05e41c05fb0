import { z } from 'zod';
import type { KubeObject } from '../object.ts';
import { narrowAnswer } from './answer.ts';
import type { CallOptions, ObjectList, Selection } from './client.ts';
import type { Call } from './questions.ts';

const PAGE = 500;
/** Kubernetes API concepts, "Metadata-only fetches". */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** All objects of a selection, page after page. */
export async function listPages(
  call: Call,
  path: string,
  { apiVersion, kind, labelSelector, fieldSelector, metadataOnly = false, keep = whole }: Selection,
  options: CallOptions,
): Promise<ObjectList> {
  const items: KubeObject[] = [];
  const subject = `list of ${kind}`;
  let next: string | undefined;
  let resourceVersion = '';
  do {
    const query = { labelSelector, fieldSelector, limit: PAGE, continue: next };
    const { text } = await call({
      method: 'GET',
      path,
      query,
      subject,
      accept: metadataOnly ? METADATA_LIST : undefined,
      ...options,
    });
    const page = listSchema.parse(JSON.parse(text));
    // Items of a typed list don't repeat what the list says.
    for (const item of page.items) {
      const own = metadataOnly ? { ...item, apiVersion, kind } : { apiVersion, kind, ...item };
      items.push(keep(narrowAnswer(own, subject)));
    }
    resourceVersion = page.metadata.resourceVersion;
    next = page.metadata.continue;
  } while (next !== undefined && next !== '');
  return { items, resourceVersion };
}

function whole(object: KubeObject): KubeObject {
  return object;
}

const listSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().default(''), continue: z.string().optional() }),
  items: z
    .array(z.looseObject({}))
    .nullish()
    .transform((items) => items ?? []),
});
