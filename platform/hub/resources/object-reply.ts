import type { KubeObject } from '../../../apply/object.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { type Fault, faultOf } from '../http/problem.ts';
import { Reply } from '../http/route.ts';
import type { Written } from './objects.ts';
import { entityTag } from './preconditions.ts';
import { toWire, type WireObject } from './wire-object.ts';

/** An object with its version as ETag. */
export function tagged(object: KubeObject): Reply<WireObject> {
  const wire = toWire(object);
  return new Reply(wire, { headers: { etag: entityTag(wire.version) } });
}

/** As tagged, of an object that was written, with what it waits for. */
export function written({ object, warnings }: Written): Reply<WarnedObject> {
  const wire = toWire(object);
  return new Reply(withWarnings(wire, warnings), { headers: { etag: entityTag(wire.version) } });
}

/** As written, of an object that was made. */
export function made(kind: CustomResource, { object, warnings }: Written): Reply<WarnedObject> {
  const wire = toWire(object);
  const location = `/api/v1/projects/${wire.project}/${kind.plural}/${wire.name}`;
  const headers = { etag: entityTag(wire.version), location };
  return new Reply(withWarnings(wire, warnings), { status: 201, headers });
}

interface WarnedObject extends WireObject {
  readonly warnings?: Fault[];
}

function withWarnings(wire: WireObject, warnings: Written['warnings']): WarnedObject {
  return warnings.length === 0 ? wire : { ...wire, warnings: warnings.map(faultOf) };
}
