import type { ComponentChange } from '../upgrade/component-changes.ts';

/** What one upgrade will do and need, before it is begun: plain values, for a change board and for programs. */
export interface UpgradeForecast {
  readonly from: ReleaseVersion;
  readonly to: ReleaseVersion;
  readonly components: readonly ComponentForecast[];
  readonly content: ContentForecast;
  readonly registry: RegistryForecast;
  readonly nodes: readonly NodeForecast[];
  readonly resources: readonly ResourceForecast[];
  readonly phases: readonly PhaseForecast[];
  /** Of all phases. */
  readonly seconds: number;
  /** Where the rates come from that the times follow. */
  readonly measured: 'earlier runs' | 'defaults';
}

export interface ReleaseVersion {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

export interface ComponentForecast {
  readonly name: string;
  readonly namespace: string;
  readonly action: ComponentChange['action'];
  /** Versions of its chart; absent where there is none. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** Which of its workloads are replaced, and for how long each does not answer. */
  readonly workloads: readonly WorkloadForecast[];
  /** The longest time for which one of its workloads does not answer; 0 where all always do. */
  readonly downtimeSeconds: number;
}

export interface WorkloadForecast {
  /** `Deployment hub`. */
  readonly object: string;
  readonly replicas: number;
  readonly restarts: boolean;
  readonly downtimeSeconds: number;
  /** In words, why. */
  readonly reason: string;
}

/** Sizes in bytes. */
export interface ContentForecast {
  readonly images: number;
  readonly bytes: number;
  /** What the cluster's registry lacks; undefined where it could not be asked. */
  readonly importBytes: number | undefined;
  readonly importPieces: number | undefined;
}

export interface RegistryForecast {
  readonly needBytes: number;
  readonly capacityBytes: number | undefined;
  readonly usedBytes: number | undefined;
  readonly freeBytes: number | undefined;
}

export interface NodeForecast {
  readonly name: string;
  readonly ready: boolean;
  readonly images: number;
  readonly pullBytes: number;
  /** Where images are kept. */
  readonly freeBytes: number | undefined;
}

export interface ResourceForecast {
  /** Name of the CustomResourceDefinition. */
  readonly crd: string;
  readonly component: string;
  readonly objects: number;
  /** Written again in another stored version: from which to which. */
  readonly migration?: { readonly from: readonly string[]; readonly to: string } | undefined;
}

export interface PhaseForecast {
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
}
