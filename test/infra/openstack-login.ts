import type { SkerryAccountSpec } from '../../platform/infra/api/skerry-account.ts';
import type { FakeCloud } from '../../platform/infra/provider/openstack/testing/fake-cloud.ts';

/** An account of the fake cloud, as a gateway's objects have it. */
export function openstackLogin({ endpoint, keystone }: FakeCloud): {
  readonly account: SkerryAccountSpec;
  readonly credentials: Readonly<Record<string, string>>;
} {
  const { id, secret } = keystone.credential;
  return {
    account: {
      origin: { project: 'team', name: 'lab' },
      type: 'openstack',
      endpoint,
      credentials: { name: 'lab' },
      requestsPerSecond: 1000,
    },
    credentials: { applicationCredentialId: id, applicationCredentialSecret: secret },
  };
}

/** What a machine there is made of. */
export const OPENSTACK_SHAPE = { template: 'node', flavor: 'small', placement: { network: 'machines' } };
