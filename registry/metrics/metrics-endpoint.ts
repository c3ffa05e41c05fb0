import type { Exchange } from '../exchange.ts';
import { sendBytes } from '../response.ts';
import type { Metrics } from './metrics.ts';

/** GET what Prometheus wants to know. */
export async function showMetrics(exchange: Exchange, metrics: Metrics): Promise<void> {
  sendBytes(exchange, 200, await metrics.text(), {
    'content-type': metrics.contentType,
    'cache-control': 'no-store',
  });
}
