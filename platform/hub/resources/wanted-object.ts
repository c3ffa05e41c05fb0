import type { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { invalidFields, invalidObject } from '../http/field-error.ts';
import { mergePatch } from './merge-patch.ts';
import { inputSchema, type PatchInput, toWire, type WantedObject } from './wire-object.ts';

/** What a request asks for; its address must name the same object. Throws OBJECT_INVALID. */
export function wantedOf(
  kind: CustomResource,
  body: z.output<ReturnType<typeof inputSchema>>,
  { project, name }: { project: string; name: string | undefined },
): WantedObject {
  const errors = [
    ...(name === undefined ? [{ path: 'name', message: 'is missing' }] : []),
    ...(body.name === undefined || body.name === name
      ? []
      : [{ path: 'name', message: 'is another in the address' }]),
    ...(body.project === undefined || body.project === project
      ? []
      : [{ path: 'project', message: 'is another in the address' }]),
  ];
  if (name === undefined || errors.length > 0) throw invalidObject(kind.kind, errors);
  return { project, name, labels: body.labels ?? {}, spec: body.spec };
}

/** What a stored object becomes by a patch. Throws OBJECT_INVALID. */
export function patched(
  kind: CustomResource,
  stored: KubeObject,
  patch: z.output<typeof PatchInput>,
): WantedObject {
  const { project, name, labels, spec } = toWire(stored);
  const merged = mergePatch({ labels, spec }, patch);
  const read = inputSchema(kind).safeParse(merged);
  if (!read.success) throw invalidFields(`${kind.kind} ${project}/${name}`, read.error.issues);
  return wantedOf(kind, read.data, { project, name });
}
