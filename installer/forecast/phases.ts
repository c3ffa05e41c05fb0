import { formatBytes } from '../terminal/units.ts';
import type {
  ComponentForecast,
  ContentForecast,
  NodeForecast,
  PhaseForecast,
  ResourceForecast,
} from './forecast.ts';
import type { Rates } from './rates.ts';

export interface PhasesInput {
  readonly rates: Rates;
  readonly content: ContentForecast;
  readonly nodes: readonly NodeForecast[];
  readonly components: readonly ComponentForecast[];
  readonly resources: readonly ResourceForecast[];
  /** Seconds for which a component has to stay healthy, by its name. */
  readonly soak: (component: string) => number;
}

/** A Job starts, says that it is done, and is seen to be; a pod is made on a node, and is seen to have pulled. */
const SECONDS = { job: 6, pod: 3, checkpoint: 4, images: 1, commit: 2 };
/** Per object, read or written through the API server. */
const OBJECT_SECONDS = { kept: 0.005, migrated: 0.02 };

/** The phases of an upgrade in their order, with the time that each is likely to take. */
export function forecastPhases(input: PhasesInput): PhaseForecast[] {
  const { rates, content, nodes, components, resources } = input;
  const importBytes = content.importBytes ?? content.bytes;
  const pulling = nodes.filter(({ ready }) => ready);
  const mostToPull = Math.max(0, ...pulling.map(({ pullBytes }) => pullBytes));
  const mostImages = Math.max(0, ...pulling.map(({ images }) => images));
  const objects = resources.reduce((sum, resource) => sum + resource.objects, 0);
  const changed = components.filter(({ action }) => action !== 'keep');
  return [
    phase(
      'stage',
      `Copy ${formatBytes(importBytes)} into the cluster`,
      SECONDS.job + importBytes / rates.importRate,
    ),
    phase(
      'pre-pull',
      `Pull ${mostImages} images on ${pulling.length} nodes`,
      mostImages === 0 ? 1 : SECONDS.pod * mostImages + mostToPull / rates.pullRate,
    ),
    phase(
      'checkpoint',
      `Keep ${objects} custom resources and the settings`,
      SECONDS.checkpoint + SECONDS.job + objects * OBJECT_SECONDS.kept,
    ),
    phase('images', 'Have pods that are made later find images of both releases', SECONDS.images),
    ...changed.map((component) => componentPhase(component, input)),
    phase('commit', 'Record the new release', SECONDS.commit),
  ];
}

function componentPhase(
  { name, action, before, after }: ComponentForecast,
  { rates, resources, soak }: PhasesInput,
) {
  const migrated = resources
    .filter(({ component, migration }) => component === name && migration !== undefined)
    .reduce((sum, { objects }) => sum + objects, 0);
  const seconds = rates.component(name) + soak(name) + migrated * OBJECT_SECONDS.migrated;
  const words = { install: 'Install', upgrade: 'Upgrade', remove: 'Remove', keep: 'Keep' };
  const versions =
    before === undefined || after === undefined || before === after
      ? (after ?? before)
      : `${before} to ${after}`;
  return phase(`component-${name}`, `${words[action]} ${name} ${versions ?? ''}`.trim(), seconds);
}

function phase(id: string, title: string, seconds: number): PhaseForecast {
  return { id, title, seconds: Math.max(1, Math.round(seconds)) };
}
