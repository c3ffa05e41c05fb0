import { applyError } from '../apply/errors.ts';
import { bundleError } from '../bundle/errors.ts';
import { channelError } from '../channel/errors.ts';
import { contentError } from '../content/errors.ts';
import { installerError } from '../installer/errors.ts';
import { imageError } from '../manifests/images/errors.ts';
import { mirrorError } from '../mirror/errors.ts';
import { platformError } from '../platform/errors.ts';
import { infraError } from '../platform/infra/errors.ts';
import { registryError } from '../registry/errors.ts';
import { clusterError } from '../test/cluster/errors.ts';
import type { ErrorRoom } from './error-reference.ts';

/** Every error table of the project, in the order in which a user meets them. */
export const errorRooms: readonly ErrorRoom[] = [
  {
    room: 'installer',
    about: 'The command line, and installing into a cluster.',
    table: installerError.table,
  },
  { room: 'bundle', about: 'Releases, packs, bundles, signatures and keys.', table: bundleError.table },
  {
    room: 'content',
    about: 'Registries, layouts and other stores of OCI content.',
    table: contentError.table,
  },
  {
    room: 'channel',
    about: 'Channels: which releases there are, and which follow which.',
    table: channelError.table,
  },
  { room: 'registry', about: 'The private registry.', table: registryError.table },
  { room: 'mirror', about: 'Mirror jobs.', table: mirrorError.table },
  { room: 'apply', about: 'Talking to a cluster, Helm, manifests and health.', table: applyError.table },
  { room: 'platform', about: 'The hub.', table: platformError.table },
  { room: 'platform/infra', about: 'Clouds, and the machines that are made there.', table: infraError.table },
  {
    room: 'manifests/images',
    about: "Building the images of the platform's own release.",
    table: imageError.table,
  },
  { room: 'test/cluster', about: 'The real cluster of the tests and the demo.', table: clusterError.table },
];
