import type { KubeClient } from '../../apply/client/client.ts';
import { installerError } from '../errors.ts';
import { readInstallation } from '../record/installation.ts';
import type { Operator } from './operator.ts';
import { lastWords, type Station } from './station.ts';

/** Takes away what a rehearsal installed. Throws REHEARSAL_FAILED. */
export async function clear(
  client: KubeClient,
  { operator, station, signal }: { operator: Operator; station: Station; signal: AbortSignal },
): Promise<void> {
  if ((await readInstallation(client, { signal })) === undefined) return;
  // A scratch cluster has nothing that is not to be lost; which kinds are guarded, the refusal tells.
  let words: string[] = [];
  for (let tries = 0; tries < 3; tries++) {
    const outcome = await station.run(operator.uninstall(words), signal);
    if (outcome.exitCode === 0) return;
    words = [...new Set([...words, ...guardedWords(outcome.stderr)])];
    if (!outcome.codes.includes('RESOURCES_GUARDED'))
      throw installerError('REHEARSAL_FAILED', { subject: 'uninstall', detail: lastWords(outcome) });
  }
  throw installerError('REHEARSAL_FAILED', { subject: 'uninstall', detail: `with ${words.join(', ')}` });
}

/** `--delete clusters.skerry.dev` in what a refusal advises. */
function guardedWords(text: string): string[] {
  return [...text.matchAll(/--delete ([a-z0-9.-]+)/g)].map((match) => match[1] ?? '');
}
