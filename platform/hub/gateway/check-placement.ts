import type { JsonObject } from '../../../apply/json.ts';
import type { CloudType } from '../../api/cloud-account.ts';
import { checkPlacement as aws } from '../../infra/provider/aws/placement.ts';
import { checkPlacement as baremetal } from '../../infra/provider/baremetal/placement.ts';
import { checkPlacement as openstack } from '../../infra/provider/openstack/placement.ts';
import type { PlacementFinding } from '../../infra/provider/placement-findings.ts';
import { checkPlacement as vsphere } from '../../infra/provider/vsphere/placement.ts';
import type { PlacementCheck } from '../compile/gateway/made-cluster.ts';

/** Of each kind of cloud its words alone: a hub calls no cloud, and loads none of what does. */
const CHECKS: Readonly<Record<CloudType, (placement: JsonObject) => readonly PlacementFinding[]>> = {
  aws,
  baremetal,
  openstack,
  vsphere,
};

export const checkPlacement: PlacementCheck = (type, placement) => CHECKS[type](placement);
