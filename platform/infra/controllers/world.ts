import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { AgentLog } from '../../agent/log.ts';
import type { MachinesInClouds } from '../addresses/machines-in-clouds.ts';
import type { OpenAccounts } from './open-accounts.ts';
import type { WatchedInfra } from './watched-infra.ts';

/** What every controller of the gateway works with. */
export interface InfraWorld {
  readonly client: KubeClient;
  readonly watched: WatchedInfra;
  readonly accounts: OpenAccounts;
  readonly inClouds: MachinesInClouds;
  /** IDs of clusters of which the cloud shows no machine that is not known here. */
  readonly withoutStrays: Set<string>;
  /** The controllers' own namespace, where pools and reservations are. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: AgentLog;
}

export interface Again {
  readonly againMs?: number | undefined;
}
