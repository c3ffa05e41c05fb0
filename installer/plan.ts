import type { LockedRelease } from '../bundle/locked-release.ts';
import type { Digest } from '../content/digest.ts';
import type { Installation } from './installation.ts';
import { REGISTRY_ADDRESS } from './names.ts';
import { formatBytes } from './units.ts';

/** One step of an installation. Every phase may be cut off anywhere and run again. */
export type Phase =
  | { readonly id: 'address-workstation'; readonly kind: 'address'; readonly to: 'workstation' }
  | { readonly id: 'copy'; readonly kind: 'copy'; readonly bytes: number }
  | { readonly id: 'address-cluster'; readonly kind: 'address'; readonly to: 'cluster' }
  | { readonly id: `component-${string}`; readonly kind: 'component'; readonly name: string };

export interface PlannedPhase {
  readonly phase: Phase;
  readonly title: string;
  /** `done` phases are skipped. */
  readonly state: 'run' | 'done';
}

export interface PlanInput {
  readonly release: LockedRelease;
  readonly digest: Digest;
  /** Bytes of content in the bundle. */
  readonly bytes: number;
  readonly found: Installation | undefined;
  /** Something of a finished installation is not as it should be: its components are applied again. */
  readonly repair?: boolean | undefined;
}

/** What an installation will do, in order, given what an earlier run has done. */
export function planInstall({ release, digest, bytes, found, repair = false }: PlanInput): PlannedPhase[] {
  const done = new Set(found?.release.digest === digest ? donePhases(found) : []);
  return phasesOf(release, bytes).map((phase) => ({
    phase,
    title: titleOf(phase, release),
    state: isDone(phase, done) && !(repair && phase.kind === 'component') ? 'done' : 'run',
  }));
}

/** All phases of a release: the registry first, then its content, then everything that is pulled from it. */
export function phasesOf(release: LockedRelease, bytes: number): Phase[] {
  const component = (name: string): Phase => ({ id: `component-${name}`, kind: 'component', name });
  const others = release.components.filter(({ name }) => name !== release.registry.component);
  return [
    { id: 'address-workstation', kind: 'address', to: 'workstation' },
    component(release.registry.component),
    { id: 'copy', kind: 'copy', bytes },
    { id: 'address-cluster', kind: 'address', to: 'cluster' },
    ...others.map(({ name }) => component(name)),
  ];
}

function donePhases(installation: Installation): string[] {
  return installation.phases.filter(({ state }) => state === 'done').map(({ id }) => id);
}

// The workstation of this run need not be that of the last one: until the address has moved into the cluster it is
// set anew each time.
function isDone(phase: Phase, done: ReadonlySet<string>): boolean {
  return phase.id === 'address-workstation' ? done.has('address-cluster') : done.has(phase.id);
}

function titleOf(phase: Phase, release: LockedRelease): string {
  switch (phase.kind) {
    case 'address':
      return phase.to === 'workstation'
        ? `Point ${REGISTRY_ADDRESS} on every node at this workstation`
        : `Move ${REGISTRY_ADDRESS} to the registry in the cluster`;
    case 'copy':
      return `Copy ${release.images.length} images and ${release.packs.length} packs into the cluster (${formatBytes(phase.bytes)})`;
    case 'component': {
      const component = release.components.find(({ name }) => name === phase.name);
      return `Install ${phase.name} ${component?.chart.tag ?? ''} in ${component?.namespace ?? ''}`;
    }
  }
}
