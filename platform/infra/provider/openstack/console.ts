import { z } from 'zod';
import type { Services } from './services.ts';

const LINES = 200;
const MAX_CHARACTERS = 64 * 1024;
const Output = z.object({ output: z.string().nullish() });

/** The end of a server's console; undefined where it has none yet, or its hypervisor keeps none. */
export async function readConsole(
  services: Services,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const request = {
    method: 'POST',
    path: `/servers/${id}/action`,
    body: { 'os-getConsoleOutput': { length: LINES } },
    accept: [404, 409, 501],
    repeatable: true,
  } as const;
  const answer = await services.call('compute', request, signal);
  return Output.safeParse(answer.body).data?.output?.slice(-MAX_CHARACTERS);
}
