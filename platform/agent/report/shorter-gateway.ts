import type { InfrastructureState } from '../../api/infrastructure.ts';
import type { GatewayState } from '../gateway/gateway-state.ts';

export type GatewayPart = GatewayState;

/** A machine that is ready is one of the counts as well: nobody misses its line. */
export function withoutReadyMachines(gateway: GatewayPart): GatewayPart {
  return eachCluster(gateway, (state) => ({
    ...state,
    machines: state.machines.filter(({ phase }) => phase !== 'ready'),
  }));
}

/** Consoles are long; each is in the gateway's cluster as well. */
export function withoutConsoles(gateway: GatewayPart): GatewayPart {
  return eachCluster(gateway, (state) => ({
    ...state,
    machines: state.machines.map(({ console: _, ...machine }) => machine),
  }));
}

const SHORT = 160;
const FEW = 5;

/** What words say beyond the code, and what is over, gets shorter. */
export function withShortDetails(gateway: GatewayPart): GatewayPart {
  const shorter = eachCluster(gateway, (state) => ({
    ...state,
    pools: state.pools.map(({ detail, ...pool }) => ({ ...pool, ...short(detail, SHORT) })),
    machines: state.machines.map(({ detail, ...machine }) => ({ ...machine, ...short(detail, SHORT) })),
    ...(state.replaced === undefined
      ? {}
      : {
          replaced: state.replaced
            .slice(0, FEW)
            .map((one) => ({ ...one, detail: one.detail.slice(0, SHORT) })),
        }),
    ...(state.conditions === undefined
      ? {}
      : { conditions: state.conditions.map((one) => ({ ...one, message: one.message.slice(0, SHORT) })) }),
  }));
  return { ...shorter, accounts: shorter.accounts.map(fewOrphans) };
}

/** Of machines that wait for the same the first stands for all: no cause is lost. */
export function withOneMachineForEachCause(gateway: GatewayPart): GatewayPart {
  return eachCluster(gateway, ({ replaced, ...state }) => ({
    ...state,
    machines: firstOf(state.machines, ({ pool, phase, code }) => `${pool} ${phase} ${code}`),
    ...(replaced === undefined ? {} : { replaced: firstOf(replaced, ({ code }) => code) }),
  }));
}

/** Codes without words, and conditions that are not as they should be. */
export function withCodesAlone(gateway: GatewayPart): GatewayPart {
  return eachCluster(gateway, ({ replaced: _replaced, conditions, ...state }) => ({
    ...state,
    pools: state.pools.map(({ detail, ...pool }) => ({ ...pool, ...short(detail, 0) })),
    machines: firstOf(state.machines, ({ code }) => `${code}`)
      .filter(({ code }) => code !== undefined)
      .map(({ detail, ...machine }) => ({ ...machine, ...short(detail, 0) })),
    ...(conditions === undefined ? {} : { conditions: conditions.filter(({ status }) => status !== 'True') }),
  }));
}

/** One cluster less: one that fares well, if there is any. */
export function withoutOneCluster(gateway: GatewayPart): GatewayPart {
  const { clusters } = gateway;
  const well = clusters.findLastIndex(
    ({ state }) => state.phase === 'Provisioned' && state.machines.length === 0,
  );
  const left = well === -1 ? clusters.length - 1 : well;
  return { ...gateway, clusters: clusters.filter((_, index) => index !== left) };
}

function eachCluster(
  gateway: GatewayPart,
  cut: (state: InfrastructureState) => InfrastructureState,
): GatewayPart {
  const clusters = gateway.clusters.map((cluster) => ({ ...cluster, state: cut(cluster.state) }));
  return { ...gateway, clusters };
}

function fewOrphans(account: GatewayPart['accounts'][number]): GatewayPart['accounts'][number] {
  const { orphans } = account.state;
  if (orphans === undefined) return account;
  return { ...account, state: { ...account.state, orphans: orphans.slice(0, FEW) } };
}

function short(detail: string | undefined, length: number): { detail?: string } {
  return detail === undefined || length === 0 ? {} : { detail: detail.slice(0, length) };
}

function firstOf<T>(all: readonly T[], keyOf: (one: T) => string): T[] {
  const found = new Map<string, T>();
  for (const one of all) if (!found.has(keyOf(one))) found.set(keyOf(one), one);
  return [...found.values()];
}
