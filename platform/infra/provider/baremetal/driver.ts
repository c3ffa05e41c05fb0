import { CloudConnection } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';
import type { CloudDriver } from '../provider.ts';
import { IronicClient } from './ironic/ironic-client.ts';
import { IronicProvider } from './ironic/ironic-provider.ts';
import { checkPlacement } from './placement.ts';
import { BareMetalCredentials, BareMetalSettings, narrow } from './settings.ts';

/** Machines of racks: through the site's Ironic. */
export const bareMetalDriver: CloudDriver = {
  type: 'baremetal',
  open: ({ account, credentials }) => {
    const settings = narrow(BareMetalSettings, account.settings ?? {}, 'settings');
    const login = narrow(BareMetalCredentials, credentials, 'credentials');
    if (account.endpoint === undefined)
      throw infraError('ACCOUNT_INVALID', {
        subject: 'endpoint',
        detail: 'the address of Ironic is missing',
      });
    const { endpoint: url, ca, requestsPerSecond } = account;
    const connection = new CloudConnection({ url, ca, requestsPerSecond });
    const { username, password = '', bmcUsername = '', bmcPassword = '' } = login;
    const ironic = new IronicClient(connection, username === undefined ? undefined : { username, password });
    return new IronicProvider(ironic, settings, { username: bmcUsername, password: bmcPassword });
  },
  checkPlacement,
};
