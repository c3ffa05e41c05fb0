import { messageOf } from '../../content/error.ts';
import { canProbe } from '../capability.ts';
import type { Services } from './exchange.ts';

/** Why the store can't be read from, undefined when it can. */
export async function troubleReading({ store }: Services, signal: AbortSignal): Promise<string | undefined> {
  try {
    await store.listRepositories({ limit: 1, signal });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** What becomes of pushes: `accepted`, `off` in a read-only registry, or `refused: …` with the reason. */
export async function writesOf({ store, writing }: Services): Promise<string> {
  if (writing === undefined) return 'off';
  const trouble = canProbe(store) ? await store.troubleWriting() : undefined;
  if (trouble !== undefined) return `refused: ${trouble}`;
  const state = await writing.space.state();
  return state?.refusal === undefined ? 'accepted' : `refused: no room (${state.refusal})`;
}
