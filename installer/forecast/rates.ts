import type { Installation, JournalPhase } from '../record/installation.ts';

/** How fast things went here, or go elsewhere as a rule. */
export interface Rates {
  /** Into the cluster's registry, bytes per second. */
  readonly importRate: number;
  /** Onto a node, unpacked, bytes per second. */
  readonly pullRate: number;
  /** Seconds of a component's phase, by its name. */
  readonly component: (name: string) => number;
  readonly measured: 'earlier runs' | 'defaults';
}

const DEFAULTS = { importRate: 30_000_000, pullRate: 40_000_000, component: 15 };
/** Shorter than this a phase found its work done already, and says nothing of a rate. */
const LEAST_SECONDS = 1;
const LEAST_RATE = 500_000;
const MOST_RATE = 1_000_000_000;

/** Rates from the times in the record. `bytes` is what the release that is installed has in all. */
export function ratesOf({ phases }: Pick<Installation, 'phases'>, bytes: number | undefined): Rates {
  const times = new Map(phases.flatMap((phase) => timeOf(phase)));
  const copied = times.get('copy');
  const isMeasured = copied !== undefined && bytes !== undefined && copied >= LEAST_SECONDS;
  const importRate = isMeasured ? clamp(bytes / copied) : DEFAULTS.importRate;
  const others = [...times].filter(([id]) => id.startsWith('component-')).map(([, seconds]) => seconds);
  const usual = median(others) ?? DEFAULTS.component;
  return {
    importRate,
    pullRate: isMeasured
      ? Math.max(DEFAULTS.pullRate / 4, Math.min(DEFAULTS.pullRate, importRate * 2))
      : DEFAULTS.pullRate,
    component: (name) => times.get(`component-${name}`) ?? usual,
    measured: isMeasured || others.length > 0 ? 'earlier runs' : 'defaults',
  };
}

function timeOf({ id, state, startedAt, finishedAt }: JournalPhase): [string, number][] {
  if (state !== 'done' || startedAt === undefined || finishedAt === undefined) return [];
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? [[id, seconds]] : [];
}

function clamp(rate: number): number {
  return Math.min(MOST_RATE, Math.max(LEAST_RATE, rate));
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
