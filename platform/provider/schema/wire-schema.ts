import { create } from '@bufbuild/protobuf';
import {
  type Schema,
  type Schema_Attribute,
  Schema_AttributeSchema,
  Schema_Object_NestingMode,
  Schema_ObjectSchema,
  SchemaSchema,
  StringKind,
} from '../protocol/plugin_pb.ts';
import { type Attribute, typeOf } from './attribute.ts';

const NESTING = {
  single: Schema_Object_NestingMode.SINGLE,
  list: Schema_Object_NestingMode.LIST,
} as const;

/** Attributes as the protocol describes them. */
export function wireSchema(attributes: readonly Attribute[], description: string, version = 0): Schema {
  return create(SchemaSchema, {
    version: BigInt(version),
    block: {
      version: BigInt(version),
      attributes: attributes.map(wireAttribute),
      description,
      descriptionKind: StringKind.MARKDOWN,
    },
  });
}

function wireAttribute(attribute: Attribute): Schema_Attribute {
  const { name, description = '', type, presence, isSensitive = false } = attribute;
  const shape =
    type.kind === 'plain' || type.kind === 'dynamic'
      ? { type: Buffer.from(JSON.stringify(typeOf(type))) }
      : {
          nestedType: create(Schema_ObjectSchema, {
            attributes: type.attributes.map(wireAttribute),
            nesting: NESTING[type.kind],
          }),
        };
  return create(Schema_AttributeSchema, {
    name,
    description,
    descriptionKind: StringKind.MARKDOWN,
    ...shape,
    required: presence === 'required',
    optional: presence === 'optional' || presence === 'optional-computed',
    computed: presence === 'computed' || presence === 'optional-computed',
    sensitive: isSensitive,
  });
}
