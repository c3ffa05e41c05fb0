import type { z } from 'zod';
import type { CustomResource } from '../../api/custom-resource.ts';
import { narrow } from '../../client/hub-client.ts';
import { platformError } from '../../errors.ts';
import { objectPath } from '../hub-access.ts';
import { ID, LABELS, NAME, PROJECT, textOf, UID } from '../resources/object-state.ts';
import type { DataSource, Work } from '../resources/resource.ts';
import { StoredObject } from '../resources/stored-object.ts';
import type { Attribute } from '../schema/attribute.ts';
import { computedAttributes } from '../schema/spec-attributes.ts';
import { fromFields } from '../value/json.ts';
import type { ObjectValue } from '../value/value.ts';

/** An object of the hub that is only read, its status included. */
export class ObjectSource implements DataSource {
  readonly typeName: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
  readonly #kind: CustomResource;
  readonly #spec: Attribute;
  readonly #status: Attribute | undefined;

  constructor(kind: CustomResource, typeName: string) {
    this.#kind = kind;
    this.typeName = typeName;
    this.description = kind.description;
    this.#spec = single('spec', 'What it is to be.', kind.spec);
    this.#status = kind.status === undefined ? undefined : single('status', 'How it is.', kind.status);
    const labels: Attribute = { ...LABELS, presence: 'computed' };
    const more = this.#status === undefined ? [] : [this.#status];
    this.attributes = [ID, PROJECT, NAME, UID, labels, this.#spec, ...more];
  }

  async read({ hub, signal }: Work, config: ObjectValue): Promise<ObjectValue> {
    const project = hub.project(textOf(config.project));
    const name = textOf(config.name) ?? '';
    const subject = `${this.#kind.kind} ${project}/${name}`;
    const body = await hub.find(objectPath(this.#kind.plural, project, name), signal);
    if (body === undefined) throw platformError('OBJECT_NOT_FOUND', { subject });
    const { uid, labels = {}, spec, status } = narrow(StoredObject, body, subject);
    const parts = this.#status === undefined ? [this.#spec] : [this.#spec, this.#status];
    return { id: `${project}/${name}`, project, name, uid, labels, ...fromFields({ spec, status }, parts) };
  }
}

function single(name: string, description: string, schema: z.ZodType): Attribute {
  const type = { kind: 'single', attributes: computedAttributes(schema) } as const;
  return { name, field: name, description, type, presence: 'computed' };
}
