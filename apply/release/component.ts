import type { Digest } from '../../content/digest.ts';
import type { Store } from '../../content/store.ts';
import type { KubeClient } from '../client/client.ts';
import type { HealthRule } from '../health/health-rule.ts';
import type { Helm } from '../helm/helm.ts';

/** One Helm chart that is kept in a cluster as a release of its own. */
export interface Component {
  /** Also the name of the Helm release. */
  readonly name: string;
  readonly namespace: string;
  readonly chart: ChartSource;
  readonly values: Readonly<Record<string, unknown>>;
  /** References as manifests write them, and what nodes are to pull instead. */
  readonly images: ReadonlyMap<string, string>;
  /** What the release says of the health of its objects, beside the rules that hold for all. */
  readonly health?: readonly HealthRule[] | undefined;
  /** For hooks and for the health gate, each; in milliseconds. */
  readonly timeoutMs: number;
}

/** A chart as an OCI artifact in a store. */
export interface ChartSource {
  readonly store: Store;
  readonly repository: string;
  readonly digest: Digest;
}

/** What names a component that is there already. */
export type ComponentName = Pick<Component, 'name' | 'namespace'>;

/** What every action on a component works with. */
export interface Engine {
  readonly client: KubeClient;
  readonly helm: Helm;
  /** A private folder for what is passing. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}
