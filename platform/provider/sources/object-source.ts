import { narrow } from '../../client/narrow.ts';
import { platformError } from '../../errors.ts';
import { objectPath } from '../hub-access.ts';
import { ID, LABELS, NAME, PROJECT, textOf, UID } from '../resources/object-state.ts';
import type { DataSource, Work } from '../resources/resource.ts';
import { StoredObject } from '../resources/stored-object.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { ProviderKind } from '../schema/provider-kind.ts';
import { fromFields } from '../value/json.ts';
import type { ObjectValue } from '../value/value.ts';

type ReadKind = ProviderKind & { readonly read: NonNullable<ProviderKind['read']> };

/** An object of the hub that is only read, its status included. */
export class ObjectSource implements DataSource {
  readonly typeName: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
  readonly #kind: ReadKind;
  readonly #parts: readonly Attribute[];

  constructor(kind: ReadKind, typeName: string) {
    const { spec, status } = kind.read;
    this.#kind = kind;
    this.typeName = typeName;
    this.description = kind.description;
    const parts = [single('spec', 'What it is to be.', spec), single('status', 'How it is.', status)];
    this.#parts = parts.filter(({ type }) => type.kind === 'single' && type.attributes.length > 0);
    this.attributes = [ID, PROJECT, NAME, UID, { ...LABELS, presence: 'computed' }, ...this.#parts];
  }

  async read({ hub, signal }: Work, config: ObjectValue): Promise<ObjectValue> {
    const project = hub.project(textOf(config.project));
    const name = textOf(config.name) ?? '';
    const subject = `${this.#kind.kind} ${project}/${name}`;
    const body = await hub.find(objectPath(this.#kind.plural, project, name), signal);
    if (body === undefined) throw platformError('OBJECT_NOT_FOUND', { subject });
    const { uid, labels = {}, spec, status } = narrow(StoredObject, body, subject);
    const values = fromFields({ spec, status }, this.#parts);
    return { id: `${project}/${name}`, project, name, uid, labels, ...values };
  }
}

function single(name: string, description: string, attributes: readonly Attribute[]): Attribute {
  return { name, field: name, description, type: { kind: 'single', attributes }, presence: 'computed' };
}
