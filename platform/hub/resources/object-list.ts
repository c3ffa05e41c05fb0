import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { platformError } from '../../errors.ts';
import type { SeenObjects } from '../watched/seen-objects.ts';
import { readPage } from './object-pages.ts';
import { type Selected, type Selecting, select } from './selection.ts';

export interface ObjectListWorld {
  readonly client: Pick<KubeClient, 'read'>;
  readonly seen: ReadonlyMap<string, SeenObjects>;
}

export interface ListRequest extends Selecting {
  readonly kind: CustomResource;
  /** Of these projects alone. */
  readonly projects: ReadonlySet<string> | 'all';
  readonly signal: AbortSignal;
}

const PAGE = 500;
/** As many as the hub watches of a kind. */
const MAX_PAGES = 40;

/**
 * A page of the objects of a kind, from what the hub has seen; from the API server until all were seen. `version` is
 * where a watch goes on from. Throws REQUEST_INVALID and the CLUSTER_ codes.
 */
export async function listObjects(
  world: ObjectListWorld,
  request: ListRequest,
): Promise<Selected & { readonly version: string }> {
  const { kind, projects } = request;
  const seen = world.seen.get(kind.plural);
  const { objects, version } =
    seen?.position === undefined
      ? await readAll(world, request)
      : { objects: seen.values(), version: seen.position };
  const isMeant = ({ metadata }: KubeObject) => projects === 'all' || projects.has(metadata.namespace ?? '');
  return { ...select([...objects].filter(isMeant), request), version };
}

async function readAll({ client }: ObjectListWorld, { kind, projects, signal }: ListRequest) {
  const [only, ...others] = projects === 'all' ? [] : projects;
  const namespace = others.length === 0 ? only : undefined;
  const objects: KubeObject[] = [];
  let next: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const read = await readPage(client, kind, { namespace, limit: PAGE, continue: next, signal });
    objects.push(...read.items);
    next = read.next;
    if (next === undefined) return { objects, version: read.version };
  }
  throw platformError('NOT_READY', { subject: kind.plural, detail: 'too many of them to be read at once' });
}
