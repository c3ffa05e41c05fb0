import { awsDriver } from '../../infra/provider/aws/driver.ts';
import { bareMetalDriver } from '../../infra/provider/baremetal/driver.ts';
import { openStackDriver } from '../../infra/provider/openstack/driver.ts';
import type { CloudDriver } from '../../infra/provider/provider.ts';
import { vsphere } from '../../infra/provider/vsphere/driver.ts';
import type { PlacementCheck } from '../compile/gateway/made-cluster.ts';

/** What kinds of cloud say of a placement, each by its own driver. */
const DRIVERS: readonly Pick<CloudDriver, 'type' | 'checkPlacement'>[] = [
  awsDriver,
  bareMetalDriver,
  openStackDriver,
  vsphere,
];

/** A kind of cloud that says nothing takes any placement. */
export const checkPlacement: PlacementCheck = (type, placement) =>
  DRIVERS.find((driver) => driver.type === type)?.checkPlacement(placement) ?? [];
