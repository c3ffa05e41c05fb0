import { isSkerryError } from '../../../content/error.ts';
import type { Envelope } from '../../desired/envelope.ts';
import { FEATURES, namesOf } from '../../desired/features.ts';
import type { Finding } from '../compile/finding.ts';
import { planGateway } from '../compile/gateway/plan-gateway.ts';
import { isSystemLayer } from '../compile/gateway/system-packs.ts';
import { windowFindings } from '../compile/window-findings.ts';
import { type ClusterWorld, compileCluster } from '../controller/cluster-work.ts';
import { envelopeIn, newestFirst } from '../controller/revisions.ts';
import { keyOf, type StoredCluster } from '../watched/stored.ts';

/** What a cluster would get, beside what it was given last. */
export interface ClusterPlan {
  readonly before: Envelope | undefined;
  /** Undefined where nothing can be made of it: `findings` say why. */
  readonly after: Envelope | undefined;
  readonly findings: readonly Finding[];
}

export type PlanWorld = Omit<ClusterWorld, 'gatewayPlan'>;

/**
 * Compiles a cluster as it is or as somebody wants it to be, by the code that makes its revisions, and writes nothing.
 * What a gateway makes besides stays as it is. A registry that is away is a finding.
 */
export async function planCluster(
  world: PlanWorld,
  cluster: StoredCluster,
  signal: AbortSignal,
): Promise<ClusterPlan> {
  const before = await lastEnvelope(world, cluster, signal);
  const windows = windowFindings(cluster.spec);
  try {
    const { compiled } = await compileCluster(
      dry(world),
      assumed(cluster),
      identityOf(cluster),
      before,
      0,
      signal,
    );
    if (compiled.state === 'made') return { before, after: compiled.envelope, findings: windows };
    if (compiled.state === 'unchanged') return { before, after: before, findings: windows };
    return { before, after: undefined, findings: [...windows, ...compiled.findings] };
  } catch (error) {
    if (!isSkerryError(error) || !error.code.startsWith('REGISTRY_')) throw error;
    const away = {
      code: 'REGISTRY_UNREACHABLE',
      path: 'spec.profiles',
      detail: error.detail ?? error.subject,
    };
    return { before, after: undefined, findings: [...windows, away] };
  }
}

async function lastEnvelope(
  { revisions, envelopes }: PlanWorld,
  { metadata, spec }: StoredCluster,
  signal: AbortSignal,
): Promise<Envelope | undefined> {
  const known = newestFirst(revisions(keyOf(metadata.namespace, metadata.name)));
  const base = spec.paused === true ? known.find(({ released }) => released) : known[0];
  const text = base === undefined ? undefined : await envelopes.read(metadata.namespace, base, signal);
  return text === undefined ? undefined : envelopeIn(text);
}

// Nothing is sealed: whether a secret is another shows in its mark, which is the real one.
function dry(world: PlanWorld): ClusterWorld {
  return {
    ...world,
    sealing: { seal: async () => 'not sealed', mark: (value) => world.sealing.mark(value) },
    gatewayPlan: {
      plan: async (_, last) =>
        last?.layers.some(isSystemLayer) === true ? planGateway(undefined, last.layers) : undefined,
      planned: () => undefined,
    },
  };
}

/** Before an agent came, one is assumed that can do everything. */
function assumed(cluster: StoredCluster): StoredCluster {
  const { status } = cluster;
  const features = status.agent?.features ?? namesOf(FEATURES);
  const agent = status.agent ?? { seen: '', version: '', transport: 'network' as const };
  return {
    ...cluster,
    status: { ...status, sealingKey: status.sealingKey ?? {}, agent: { ...agent, features } },
  };
}

function identityOf({ status }: StoredCluster): string {
  return status.id ?? 'not enrolled yet';
}
