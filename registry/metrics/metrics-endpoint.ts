import { sendBytes } from '../protocol/answer/response.ts';
import type { Exchange } from '../protocol/exchange.ts';
import type { Metrics } from './metrics.ts';

/** GET what Prometheus wants to know. */
export async function showMetrics(exchange: Exchange, metrics: Metrics): Promise<void> {
  await sendBytes(exchange, 200, await metrics.text(), {
    'content-type': metrics.contentType,
    'cache-control': 'no-store',
  });
}
