import { isJsonObject } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { AccountState } from '../../api/cloud-account.ts';
import { InfrastructureState, MachineState } from '../../api/infrastructure.ts';
import type { Report } from '../../desired/report.ts';
import { SkerryAccountSpec } from '../../infra/api/skerry-account.ts';
import { SkerryClusterSpec } from '../../infra/api/skerry-cluster.ts';

export type GatewayState = NonNullable<Report['gateway']>;
type Account = GatewayState['accounts'][number];
type Cluster = GatewayState['clusters'][number];

const MAX_ACCOUNTS = 16;
const MAX_CLUSTERS = 100;
/** An account that is asked again and again fares as before; only now and then it is said when that was. */
const ACCOUNT_EVERY_MS = 600_000;
const MADE = new Set<MachineState['phase']>(['creating', 'starting', 'joining']);

/**
 * What a gateway says of its accounts and clusters, from their objects' statuses. Of what has no status yet, or one of
 * another version, nothing is said. `before` is what was said last.
 */
export function gatewayState(
  accounts: Iterable<KubeObject>,
  clusters: Iterable<KubeObject>,
  before: GatewayState | undefined,
): GatewayState {
  const made = byName([...clusters].flatMap(clusterOf)).slice(0, MAX_CLUSTERS);
  const machines = made.flatMap(({ state }) => state.machines);
  return {
    running: machines.filter(({ phase }) => MADE.has(phase)).length,
    accounts: byName([...accounts].flatMap(accountOf))
      .slice(0, MAX_ACCOUNTS)
      .map((account) => asBefore(account, before)),
    clusters: made,
  };
}

function accountOf({ spec, status }: KubeObject): Account[] {
  const read = SkerryAccountSpec.pick({ origin: true }).loose().safeParse(spec);
  const state = AccountState.safeParse(status);
  if (!read.success || !state.success) return [];
  return [{ ...read.data.origin, state: state.data }];
}

function clusterOf({ spec, status }: KubeObject): Cluster[] {
  const read = SkerryClusterSpec.pick({ origin: true }).loose().safeParse(spec);
  const state = summaryOf(status);
  if (!read.success || state === undefined) return [];
  const { project, name } = read.data.origin;
  return [{ project, name, state }];
}

const Summary = InfrastructureState.extend({ machines: MachineState.optional().catch(undefined).array() });

function summaryOf(status: unknown): InfrastructureState | undefined {
  const summary = Summary.safeParse(isJsonObject(status) ? status.summary : undefined);
  if (!summary.success) return undefined;
  // A machine in a phase that this agent doesn't know is left out, and all others are told of.
  const machines = summary.data.machines.filter((machine) => machine !== undefined);
  return { ...summary.data, machines };
}

/** The account as it was said before, where nothing but its time is another. */
function asBefore(account: Account, before: GatewayState | undefined): Account {
  const last = before?.accounts.find(
    ({ project, name }) => project === account.project && name === account.name,
  );
  if (last === undefined) return account;
  const isOld = Date.parse(account.state.at) - Date.parse(last.state.at) >= ACCOUNT_EVERY_MS;
  return !isOld && lasting(account) === lasting(last) ? last : account;
}

function lasting({ state: { at: _at, sessions: _sessions, ...rest } }: Account): string {
  const { lastError, ...more } = rest;
  return JSON.stringify([more, lastError?.code, lastError?.detail]);
}

function byName<T extends { readonly project: string; readonly name: string }>(all: readonly T[]): T[] {
  const key = ({ project, name }: T) => `${project}/${name}`;
  return all.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
