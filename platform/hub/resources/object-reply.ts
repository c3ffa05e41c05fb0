import type { KubeObject } from '../../../apply/object.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { Reply } from '../http/route.ts';
import { entityTag } from './preconditions.ts';
import { toWire, type WireObject } from './wire-object.ts';

/** An object with its version as ETag. */
export function tagged(object: KubeObject): Reply<WireObject> {
  const wire = toWire(object);
  return new Reply(wire, { headers: { etag: entityTag(wire.version) } });
}

/** As tagged, of an object that was made. */
export function made(kind: CustomResource, object: KubeObject): Reply<WireObject> {
  const wire = toWire(object);
  const location = `/api/v1/projects/${wire.project}/${kind.plural}/${wire.name}`;
  return new Reply(wire, { status: 201, headers: { etag: entityTag(wire.version), location } });
}
