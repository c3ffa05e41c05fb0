import { setImmediate as turn } from 'node:timers/promises';
import type { ClusterSpec } from '../../api/cluster.ts';
import type { ClusterProfileSpec } from '../../api/cluster-profile.ts';
import { profileObjectName } from '../../api/names.ts';
import { platformError } from '../../errors.ts';
import type { Finding } from '../compile/finding.ts';
import { isOpen, nextOpening } from '../compile/maintenance.ts';
import { isWaitedFor } from '../compile/waited-for.ts';
import type { Planning } from '../controller/start-controllers.ts';
import type { CheckProfile } from '../controller/validate-object.ts';
import { cutPage, type PageQuery } from '../http/page.ts';
import { faultOf } from '../http/problem.ts';
import { keyOf, type StoredCluster } from '../watched/stored.ts';
import type { WantedCluster } from './cluster-findings.ts';
import { fieldChanges } from './field-changes.ts';
import { layerChanges } from './layer-changes.ts';
import { planCluster } from './plan-cluster.ts';
import type { PlanAnswer } from './plan-routes.ts';
import { proposedCluster } from './proposed-cluster.ts';

export interface PlannerWorld extends Omit<Planning, 'rollout' | 'rollouts'> {
  /** What is wrong with a cluster besides what compiling finds: how it is to be made. */
  readonly checkMade: (cluster: WantedCluster) => Promise<readonly Finding[]>;
  readonly checkProfile: CheckProfile;
}

interface Planned<S> {
  readonly project: string;
  readonly name: string;
  /** As somebody wants it to be; as it is when undefined. */
  readonly spec: S | undefined;
}

type ClusterAnswer = PlanAnswer['clusters'][number];

/** Says what changes would do. */
export class Planner {
  readonly #world: PlannerWorld;

  constructor(world: PlannerWorld) {
    this.#world = world;
  }

  /** Throws OBJECT_NOT_FOUND where neither a spec is given nor one stored. */
  async cluster({ project, name, spec }: Planned<ClusterSpec>, signal: AbortSignal): Promise<PlanAnswer> {
    const stored = this.#world.cluster(keyOf(project, name));
    const wanted = spec ?? stored?.spec;
    if (wanted === undefined)
      throw platformError('OBJECT_NOT_FOUND', { subject: `Cluster ${project}/${name}` });
    const planned = await this.#one(this.#world, proposedCluster({ project, name }, wanted, stored), signal);
    const made = await this.#world.checkMade({ project, name, spec: wanted });
    const machines = machinesOf(stored?.spec, wanted);
    return {
      clusters: [{ ...planned, ...(machines === undefined ? {} : { machines }) }],
      total: 1,
      ...faultsOf(made),
    };
  }

  /** The clusters of the project that have the profile, each with this version of it. Throws OBJECT_NOT_FOUND. */
  async profile(
    { project, name, spec }: Planned<ClusterProfileSpec>,
    page: PageQuery,
    signal: AbortSignal,
  ): Promise<PlanAnswer> {
    const wanted = spec ?? this.#world.profile(project, name);
    if (wanted === undefined)
      throw platformError('OBJECT_NOT_FOUND', { subject: `ClusterProfile ${project}/${name}` });
    const findings = [...misnamed(name, wanted), ...(await this.#world.checkProfile(wanted, signal))];
    const using = this.#world
      .clusters(project)
      .filter(({ spec: { profiles = [] } }) => profiles.some((use) => use.name === wanted.name))
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const byName = new Map(using.map((cluster) => [cluster.metadata.name, cluster]));
    const { names, next } = cutPage([...byName.keys()], page, (cluster, last) => cluster > last);
    const world = this.#knowing(project, wanted);
    const clusters: ClusterAnswer[] = [];
    for (const cluster of names.flatMap((one) => byName.get(one) ?? [])) {
      signal.throwIfAborted();
      // Others are answered in between.
      await turn();
      clusters.push(await this.#moved(world, cluster, wanted, signal));
    }
    return {
      clusters,
      total: using.length,
      ...(next === undefined ? {} : { continue: next }),
      ...faultsOf(findings, false),
    };
  }

  #knowing(project: string, wanted: ClusterProfileSpec): PlannerWorld {
    const objectName = profileObjectName(wanted);
    return {
      ...this.#world,
      profile: (namespace, name) =>
        namespace === project && name === objectName ? wanted : this.#world.profile(namespace, name),
    };
  }

  async #moved(
    world: PlannerWorld,
    cluster: StoredCluster,
    { name, version }: ClusterProfileSpec,
    signal: AbortSignal,
  ): Promise<ClusterAnswer> {
    const { profiles = [] } = cluster.spec;
    const profileVersion = profiles.find((use) => use.name === name)?.version;
    const moved = profiles.map((use) => (use.name === name ? { ...use, version } : use));
    const planned = await this.#one(
      world,
      { ...cluster, spec: { ...cluster.spec, profiles: moved } },
      signal,
    );
    return { ...planned, ...(profileVersion === undefined ? {} : { profileVersion }) };
  }

  async #one(world: PlannerWorld, cluster: StoredCluster, signal: AbortSignal): Promise<ClusterAnswer> {
    const { metadata, spec } = cluster;
    const { before, after, findings } = await planCluster(world, cluster, signal);
    const now = world.now();
    const windows = spec.policy?.maintenance;
    const opensAt = isOpen(windows, now) ? undefined : nextOpening(windows, now)?.toISOString();
    return {
      project: metadata.namespace,
      name: metadata.name,
      layers: after === undefined ? [] : layerChanges(before, after),
      ...(opensAt === undefined ? {} : { opensAt }),
      ...(spec.paused === true ? { paused: true } : {}),
      ...faultsOf(findings),
    };
  }
}

function faultsOf(findings: readonly Finding[], mayWait = true) {
  const waits = (finding: Finding) => mayWait && isWaitedFor(finding);
  const faults = (some: readonly Finding[]) =>
    some.map(({ code, path, detail, within }) => faultOf({ code, path, message: detail, within }));
  const errors = faults(findings.filter((finding) => !waits(finding)));
  const warnings = faults(findings.filter(waits));
  return { ...(errors.length === 0 ? {} : { errors }), ...(warnings.length === 0 ? {} : { warnings }) };
}

// The API server says the same (the rules of the definition).
function misnamed(name: string, spec: ClusterProfileSpec): Finding[] {
  if (name === profileObjectName(spec)) return [];
  return [
    {
      code: 'FIELD_INVALID',
      path: 'name',
      detail: `the object of this profile is named ${profileObjectName(spec)}`,
    },
  ];
}

function machinesOf(before: ClusterSpec | undefined, after: ClusterSpec): ClusterAnswer['machines'] {
  if (after.provision === undefined) return undefined;
  if (before?.provision === undefined) return { change: 'add', fields: [] };
  const fields = fieldChanges(before.provision, after.provision);
  return { change: fields.length === 0 ? 'none' : 'change', fields };
}
