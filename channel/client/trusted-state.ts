import { z } from 'zod';

/**
 * What a site remembers of a channel between two looks at it. Versions only rise, also where clocks are wrong, until a root
 * has other online keys (key-rotation.ts); so does the last seen time, which is the least that the time can be.
 */
export interface TrustedState {
  /** The newest root that is trusted, as its file. */
  readonly root: string;
  readonly timestamp: number;
  readonly snapshot: number;
  /** Version of each targets role. */
  readonly roles: Readonly<Record<string, number>>;
  /** Milliseconds since 1970. */
  readonly lastSeen: number;
}

const version = z.int().nonnegative();

export const TrustedStateSchema = z.strictObject({
  root: z.string().max(1024 * 1024),
  timestamp: version,
  snapshot: version,
  roles: z.record(z.string().max(64), version),
  lastSeen: z.number().nonnegative(),
});

/** The first state of a site: nothing is known but the root, which came by another way than the channel. */
export function firstState(root: string): TrustedState {
  return { root, timestamp: 0, snapshot: 0, roles: {}, lastSeen: 0 };
}
