import { z } from 'zod';
import { systemClock } from '../../../../apply/clock.ts';
import { CloudConnection } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';
import type { CloudDriver } from '../provider.ts';
import { checkPlacement } from './placement.ts';
import { VsphereSession } from './session.ts';
import { VsphereProvider } from './vsphere-provider.ts';

const Credentials = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** vCenter. Credentials: `username`, `password`. */
export const vsphere: CloudDriver = {
  type: 'vsphere',
  open: ({ account, credentials, now }) => {
    const login = Credentials.safeParse(credentials);
    if (!login.success)
      // The paths alone: what is wrong with a secret must not be told with it.
      throw infraError('ACCOUNT_INVALID', {
        subject: 'credentials',
        detail: `without ${login.error.issues.map(({ path }) => path.join('.')).join(', ')}`,
      });
    const { endpoint, ca, requestsPerSecond } = account;
    if (endpoint === undefined)
      throw infraError('ACCOUNT_INVALID', { subject: 'endpoint', detail: 'missing' });
    const connection = new CloudConnection({ url: endpoint, ca, requestsPerSecond });
    return new VsphereProvider(new VsphereSession(connection, login.data, now), systemClock);
  },
  checkPlacement,
};
