import { setImmediate as turn } from 'node:timers/promises';
import { infraError } from '../errors.ts';
import type { CloudProvider } from '../provider/provider.ts';

/**
 * The same cloud, over a line on which now and then a call never arrives or its answer is lost, and where calls of others
 * come in between.
 */
export function faultyProvider(
  provider: CloudProvider,
  random: () => number,
  rate: number,
): Pick<CloudProvider, 'observe' | 'act'> {
  const overTheLine = async <T>(call: () => Promise<T>): Promise<T> => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await turn();
    if (random() < rate) throw lost('the call never arrived');
    const answer = await call();
    if (random() < rate) throw lost('the answer was lost');
    return answer;
  };
  return {
    observe: async (...args) => await overTheLine(async () => await provider.observe(...args)),
    act: async (...args) => await overTheLine(async () => await provider.act(...args)),
  };
}

function lost(detail: string) {
  return infraError('CLOUD_UNREACHABLE', { subject: 'the line', detail });
}
