import type { JsonObject } from '../../../../apply/json.ts';
import type { CloudAccountSpec, CloudType } from '../../../api/cloud-account.ts';
import type { GatewaySpec } from '../../../api/gateway.ts';
import type { Provisioning } from '../../../api/provisioning.ts';
import type { PolicyRule } from '../../../desired/permissions.ts';

/** A Cluster that is to be made, as far as its gateway is concerned. */
export interface MadeCluster {
  readonly project: string;
  readonly name: string;
  /** That its machines are marked with where no layer says otherwise. */
  readonly uid: string;
  readonly created: string;
  readonly provision: Provisioning;
  /** Its object is being deleted. */
  readonly isLeaving: boolean;
  /** The word by which machines are left although the cluster's policy says otherwise. */
  readonly isOrphaned?: boolean | undefined;
  /** A gateway has told of machines of it. */
  readonly isMade?: boolean | undefined;
  /** By which its agent is let in; undefined once one was, or where none is to be. */
  readonly token: string | undefined;
  /** What that agent needs for the cluster's packs. */
  readonly rules?: readonly PolicyRule[] | undefined;
}

export interface NamedGateway {
  readonly project: string;
  readonly name: string;
  readonly spec: GatewaySpec;
  readonly isLeaving: boolean;
}

export interface NamedAccount {
  readonly project: string;
  readonly name: string;
  readonly spec: CloudAccountSpec;
  readonly isLeaving: boolean;
}

/** What is wrong with a placement before any cloud is asked, by path. */
export type PlacementCheck = (
  type: CloudType,
  placement: JsonObject,
) => readonly { readonly path: string; readonly detail: string }[];
