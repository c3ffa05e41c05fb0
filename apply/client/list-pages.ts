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
  selection: Selection,
  options: CallOptions,
): Promise<ObjectList> {
  let items: KubeObject[] = [];
  let resourceVersion = '';
  for await (const page of readPages(call, path, selection, { ...options, parse: JSON.parse })) {
    items = items.concat(page.items);
    ({ resourceVersion } = page);
  }
  return { items, resourceVersion };
}

export async function* readPages(
  call: Call,
  path: string,
  { apiVersion, kind, labelSelector, fieldSelector, metadataOnly = false, keep = whole }: Selection,
  { parse, ...options }: CallOptions & { readonly parse: (text: string) => unknown },
): AsyncGenerator<ObjectList, void, undefined> {
  const subject = `list of ${kind}`;
  let next: string | undefined;
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
    const page = listSchema.parse(parse(text));
    // Items of a typed list don't repeat what the list says.
    const items = page.items.map((item) =>
      keep(
        narrowAnswer(metadataOnly ? { ...item, apiVersion, kind } : { apiVersion, kind, ...item }, subject),
      ),
    );
    yield { items, resourceVersion: page.metadata.resourceVersion };
    next = page.metadata.continue;
  } while (next !== undefined && next !== '');
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
