import { Pace } from '../../../../content/remote/pace.ts';
import { DEFAULT_RETRY } from '../../../../content/remote/retry.ts';
import { CloudConnection, type CloudConnectionOptions } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';
import type { CloudDriver, ProviderInput } from '../provider.ts';
import { checkPlacement } from './placement.ts';
import { OpenStackProvider } from './provider.ts';
import { Services } from './services.ts';
import { Session } from './session.ts';
import { readCredentials, readSettings } from './settings.ts';

const REQUESTS_PER_SECOND = 10;

export const openStackDriver: CloudDriver = {
  type: 'openstack',
  checkPlacement,
  open: (input) => openAccount(input),
};

/** Throws ACCOUNT_INVALID. */
export function openAccount(
  { account, credentials, now }: ProviderInput,
  options: CloudConnectionOptions & { readonly pauseMs?: number } = {},
): OpenStackProvider {
  const { endpoint, ca, requestsPerSecond = REQUESTS_PER_SECOND } = account;
  if (endpoint === undefined)
    throw infraError('ACCOUNT_INVALID', { subject: 'endpoint', detail: "Keystone's address is missing" });
  const settings = readSettings(account.settings);
  const applicationCredential = readCredentials(credentials);
  const pace = new Pace(requestsPerSecond, (options.retry ?? DEFAULT_RETRY).sleep);
  const connect = (url: string) => new CloudConnection({ url, ca }, { ...options, pace });
  const keystone = `${endpoint.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3`;
  const identity = connect(keystone);
  const session = new Session(identity, applicationCredential, now);
  const services = new Services({ session, settings, keystone, identity, connect, now });
  return new OpenStackProvider(services, {
    applicationCredentialId: applicationCredential.applicationCredentialId,
    pauseMs: options.pauseMs,
  });
}
