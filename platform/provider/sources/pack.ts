import { z } from 'zod';
import { requestPath } from '../../client/connection/request-path.ts';
import { narrow } from '../../client/narrow.ts';
import { platformError } from '../../errors.ts';
import type { DataSource, Work } from '../resources/resource.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { ObjectValue } from '../value/value.ts';

const TEXT = { kind: 'plain', type: 'string' } as const;

const Pack = z.looseObject({ name: z.string(), version: z.string(), digest: z.string() });

/** One version of a pack of the platform's registry, so that a profile can name its digest. */
export const packSource: DataSource = {
  typeName: 'skerry_pack',
  description: "A pack of the platform's registry at one version, for the digest that a profile names.",
  attributes: [
    { name: 'name', field: 'name', description: 'Name of the pack.', type: TEXT, presence: 'required' },
    {
      name: 'version',
      field: 'version',
      description: 'Version of the pack.',
      type: TEXT,
      presence: 'required',
    },
    {
      name: 'digest',
      field: 'digest',
      description: "Digest of the pack's manifest.",
      type: TEXT,
      presence: 'computed',
    },
  ] satisfies Attribute[],
  read: async ({ hub, signal }: Work, config: ObjectValue): Promise<ObjectValue> => {
    const { name, version } = config;
    if (typeof name !== 'string' || typeof version !== 'string')
      throw platformError('PACK_NOT_FOUND', { subject: 'skerry_pack' });
    const path = requestPath('/api/v1/packs/{name}/versions/{version}', { name, version });
    const body = await hub.find(path, signal);
    if (body === undefined) throw platformError('PACK_NOT_FOUND', { subject: `${name} ${version}` });
    const { digest } = narrow(Pack, body, `${name} ${version}`);
    return { name, version, digest };
  },
};
