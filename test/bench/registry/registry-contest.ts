import type { Contestant } from './contestant.ts';

/** Work that clients have both registries do. */
export interface RegistryContest {
  /** For `--contest`. */
  readonly name: string;
  readonly title: string;
  /** How many times as fast as Distribution it has to be; what has no number is only watched. */
  readonly asked: number | undefined;
  /** How much work one round is, and in what unit rates are reported. */
  readonly work: number;
  readonly unit: 'MB' | 'requests' | 'lists';
  /** Puts what is going to be asked for into a registry, once. */
  fill?(contestant: Contestant): Promise<void>;
  /** Gets a round ready; what it gives is then run and timed. */
  prepare(contestant: Contestant): Promise<() => Promise<void>>;
}

/** Full size, or small enough to see within seconds that everything works. */
export interface ContestSize {
  readonly quick: boolean;
}
