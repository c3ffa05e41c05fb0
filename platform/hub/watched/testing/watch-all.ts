import type { KubeClient } from '../../../../apply/client/client.ts';
import { systemClock } from '../../../../apply/clock.ts';
import { Watched } from '../watched.ts';

/** All objects of an API server, as a hub watches them. */
export function watchAll(client: Pick<KubeClient, 'watch'>, signal: AbortSignal): Watched {
  const ignore = () => undefined;
  return new Watched({ client, clock: systemClock, signal, pauseMs: 50, onError: ignore, onSkipped: ignore });
}
