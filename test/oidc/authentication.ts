import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { CLIENT_ID, PROGRAM_CLIENT_ID, type TestIssuer } from '../../platform/oidc/testing/issuer.ts';
import { fencedBlocks } from '../project/shell-lines.ts';

const Configuration = z.looseObject({
  jwt: z.tuple([
    z.looseObject({
      issuer: z.looseObject({ audiences: z.tuple([z.literal(CLIENT_ID), z.literal(PROGRAM_CLIENT_ID)]) }),
    }),
  ]),
});

/** What an API server is told of an issuer: as the page has it that operators read, for another issuer. */
export async function authenticationConfiguration({
  url,
  ca,
}: Pick<TestIssuer, 'url' | 'ca'>): Promise<string> {
  const page = await readFile(join(import.meta.dirname, '../../docs/sign-in.md'), 'utf8');
  const [block = ''] = fencedBlocks(page, ['yaml']).filter((text) =>
    text.includes('AuthenticationConfiguration'),
  );
  const { jwt, ...rest } = Configuration.parse(parse(block));
  const known = jwt.map(({ issuer, ...rules }) => ({
    ...rules,
    issuer: { ...issuer, url, certificateAuthority: ca },
  }));
  return stringify({ ...rest, jwt: known });
}

/** Gives a role of the platform to all of a group of the issuer. */
export function groupBinding(role: string) {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `oidc-${role}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `skerry-${role}` },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: `oidc:skerry-${role}` }],
  };
}
