import { LRUCache } from 'lru-cache';

const MAX = 50_000;

/** Sessions that somebody ended before their time: a copy of their cookie is good for nothing. */
export interface EndedSessions {
  /** `endsAt` is when the session would have ended by itself, in seconds since 1970: then it is forgotten. */
  add(id: string, endsAt: number): Promise<void>;
  has(id: string): Promise<boolean>;
}

/** Those that were ended at this hub. `now` is milliseconds since 1970. */
export function endedHere(now: () => number): EndedSessions {
  const ended = new LRUCache<string, number>({ max: MAX });
  return {
    add: async (id, endsAt) => {
      if (endsAt * 1000 > now()) ended.set(id, endsAt);
    },
    has: async (id) => ended.has(id),
  };
}
