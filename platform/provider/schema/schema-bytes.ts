import { create, toBinary } from '@bufbuild/protobuf';
import { GetProviderSchema_ResponseSchema } from '../protocol/plugin_pb.ts';
import { PROVIDER_ATTRIBUTES } from '../provider-attributes.ts';
import { allEphemeralResources, allResources } from '../resources/index.ts';
import type { DataSource, EphemeralResource, Resource } from '../resources/resource.ts';
import { allSources } from '../sources/index.ts';
import { CAPABILITIES } from './capabilities.ts';
import { wireSchema } from './wire-schema.ts';

/** All that the provider has, as the protocol describes it. */
export function schemaBytes(): Uint8Array {
  const answer = create(GetProviderSchema_ResponseSchema, {
    serverCapabilities: CAPABILITIES,
    provider: wireSchema(PROVIDER_ATTRIBUTES, 'Objects of a Skerry hub.'),
    resourceSchemas: schemasOf(allResources()),
    dataSourceSchemas: schemasOf(allSources()),
    ephemeralResourceSchemas: schemasOf(allEphemeralResources()),
  });
  return toBinary(GetProviderSchema_ResponseSchema, answer);
}

function schemasOf(all: readonly (DataSource | EphemeralResource | Resource)[]) {
  return Object.fromEntries(
    all.map((one) => [
      one.typeName,
      wireSchema(one.attributes, one.description, 'version' in one ? one.version : 0),
    ]),
  );
}
