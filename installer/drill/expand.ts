import type { Boundary } from './boundary-watch.ts';
import type { Scenario } from './scenario.ts';

/** What an undisturbed run was seen to do. */
export interface Baseline {
  readonly boundaries: readonly Boundary[];
  readonly seconds: number;
}

/** One disturbance at one moment. */
export interface Trial extends Omit<Scenario, 'when'> {
  readonly when:
    | { readonly at: 'start' }
    | { readonly at: 'boundary'; readonly boundary: Boundary }
    | { readonly at: 'milliseconds'; readonly milliseconds: number }
    /** The releases have no such moment. */
    | { readonly at: 'never' };
}

/** The scenarios as what is done one after the other, once it is known what the undisturbed runs do. */
export function expandScenarios(
  scenarios: readonly Scenario[],
  baselines: Readonly<Record<Scenario['run'], Baseline>>,
): Trial[] {
  return scenarios.flatMap((scenario) => trialsOf(scenario, baselines[scenario.run]));
}

/**
 * Those that are named, by the id of a scenario or of a trial; all where nothing is named. Random moments were asked for by
 * their number, so that all of them are meant unless some are named.
 */
export function chosenTrials(trials: readonly Trial[], only: readonly string[]): Trial[] {
  if (only.length === 0) return [...trials];
  const everyMoment = !only.some(isRandom);
  return trials.filter(
    ({ id }) =>
      (everyMoment && isRandom(id)) || only.some((name) => id === name || id.startsWith(`${name}@`)),
  );
}

const isRandom = (id: string) => id.startsWith('random-');

function trialsOf(scenario: Scenario, { boundaries, seconds }: Baseline): Trial[] {
  const { when } = scenario;
  switch (when.at) {
    case 'start':
      return [{ ...scenario, when }];
    case 'share':
      return [
        { ...scenario, when: { at: 'milliseconds', milliseconds: Math.round(when.share * seconds * 1000) } },
      ];
    case 'boundary': {
      const boundary = boundaries.find((one) => when.like.test(one));
      return [{ ...scenario, when: boundary === undefined ? { at: 'never' } : { at: 'boundary', boundary } }];
    }
    case 'every-boundary':
      return boundaries.map((boundary) => ({
        ...scenario,
        id: `${scenario.id}@${boundary.replaceAll(' ', '.')}`,
        what: `${scenario.what}: ${boundary}`,
        when: { at: 'boundary', boundary },
      }));
  }
}
