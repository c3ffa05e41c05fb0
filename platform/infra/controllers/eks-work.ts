import { isSkerryError } from '../../../content/error.ts';
import type { Finding } from '../provider/provider.ts';
import type { Said } from './cluster-work.ts';
import { type EksCluster, readEksCluster } from './eks-cluster.ts';
import { accountKeyOf, type CapiCluster, type StoredInfraCluster } from './stored.ts';
import type { InfraWorld } from './world.ts';

const MAX_TOLD = 5;

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
  const preflight = isThere ? passed() : await checkAccount(world, cluster, signal);
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

function passed(): Said {
  return { type: 'Preflight', status: 'True', reason: 'Passed', message: '' };
}

async function checkAccount(
  { watched, accounts }: Pick<EksWorld, 'watched' | 'accounts'>,
  cluster: StoredInfraCluster,
  signal: AbortSignal,
): Promise<Said> {
  try {
    const key = accountKeyOf(cluster);
    const account = watched.accounts.get(key);
    if (account === undefined) return missing('ACCOUNT_INVALID', `no SkerryAccount ${key}`);
    const provider = await accounts.provider(account, signal);
    const { placement } = cluster.spec;
    const shape = placement === undefined ? {} : { placement };
    const findings = await provider.preflight([{ shape, count: 1 }], signal);
    const errors = findings.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    return first === undefined
      ? passed()
      : missing(first.code, errors.slice(0, MAX_TOLD).map(textOf).join('; '));
  } catch (error) {
    if (signal.aborted || !isSkerryError(error)) throw error;
    return missing(error.code, textOf(error));
  }
}

function missing(reason: string, message: string): Said {
  return { type: 'Preflight', status: 'False', reason, message };
}

function textOf({ subject, detail }: Pick<Finding, 'subject' | 'detail'>): string {
  return detail === undefined ? subject : `${subject}: ${detail}`;
}
