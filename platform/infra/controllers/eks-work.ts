import type { Said } from './cluster-work.ts';
import { type EksCluster, readEksCluster } from './eks-cluster.ts';
import { preflightMissing, preflightPassed, preflightSaid } from './preflight.ts';
import { accountKeyOf, type CapiCluster, type StoredInfraCluster } from './stored.ts';
import type { InfraWorld } from './world.ts';

/** What of the controllers' world this takes. */
export interface EksWorld {
  readonly client: Pick<InfraWorld['client'], 'get' | 'list'>;
  readonly watched: { readonly accounts: Pick<InfraWorld['watched']['accounts'], 'get'> };
  readonly accounts: Pick<InfraWorld['accounts'], 'provider'>;
}

/**
 * What is to be told of a cluster that AWS's provider makes: how it fares, and until its control plane is there what it
 * lacks in the tenant's account. Changes nothing: the provider works by itself.
 */
export async function followEks(
  world: EksWorld,
  cluster: StoredInfraCluster,
  capi: CapiCluster,
  signal: AbortSignal,
): Promise<{ readonly eks: EksCluster; readonly said: readonly Said[] }> {
  const eks = await readEksCluster(world.client, cluster, signal);
  const isThere =
    capi.status.initialization?.controlPlaneInitialized === true || eks.controlPlane.ready === 1;
  const preflight = isThere ? preflightPassed() : await checkAccount(world, cluster, signal);
  return { eks, said: [readySaid(eks), preflight] };
}

function readySaid({ controlPlane, trouble }: EksCluster): Said {
  if (trouble !== undefined)
    return { type: 'Ready', status: 'False', reason: trouble.code, message: trouble.detail };
  const isReady = controlPlane.ready === controlPlane.wanted;
  return {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    reason: isReady ? 'Provisioned' : 'Provisioning',
    message: '',
  };
}

async function checkAccount(
  { watched, accounts }: Pick<EksWorld, 'watched' | 'accounts'>,
  cluster: StoredInfraCluster,
  signal: AbortSignal,
): Promise<Said> {
  const key = accountKeyOf(cluster);
  const account = watched.accounts.get(key);
  if (account === undefined) return preflightMissing('ACCOUNT_INVALID', `no SkerryAccount ${key}`);
  const { placement } = cluster.spec;
  const shape = placement === undefined ? {} : { placement };
  const look = async () => {
    const provider = await accounts.provider(account, signal);
    return await provider.preflight([{ shape, count: 1 }], signal);
  };
  return await preflightSaid(look, signal);
}
