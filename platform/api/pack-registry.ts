import { z } from 'zod';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';

export const PackRegistrySpec = z
  .strictObject({
    address: z.string().max(300).meta({ description: 'host[:port], or with http:// or https:// before it.' }),
    prefix: z.string().max(200).meta({ description: "What the packs' repositories begin with." }),
    ca: z.string().max(16_384).optional().meta({ description: 'Certificates (PEM) trusted for it.' }),
    credentials: z
      .strictObject({ name: z.string().max(253) })
      .optional()
      .meta({ description: 'A Secret of the same project, with username and password.' }),
  })
  .meta({ description: 'A registry that packs of the project come from.' });
export type PackRegistrySpec = z.infer<typeof PackRegistrySpec>;

export const PackRegistry: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'PackRegistry',
  plural: 'packregistries',
  singular: 'packregistry',
  shortNames: ['packreg'],
  scope: 'Namespaced',
  description: "A registry besides the platform's own, with its credentials and certificates.",
  spec: PackRegistrySpec,
  columns: [{ name: 'Address', type: 'string', jsonPath: '.spec.address' }],
};
