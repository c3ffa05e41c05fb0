import { planGateway } from '../../../platform/hub/compile/gateway/plan-gateway.ts';
import {
  clusterOf,
  envelopeLayers,
  sourcesOf,
} from '../../../platform/hub/compile/gateway/testing/sample-gateway.ts';
import { median } from '../statistics.ts';

const ROUNDS = 20;
/** A sealed token, as long as they are. */
const SEALED = 'x'.repeat(600);

/** What so many clusters that one gateway makes cost the hub: bytes of the gateway's desired state, and time to plan it. */
export function envelopeCost(count: number): { bytes: number; milliseconds: number } {
  const clusters = Array.from({ length: count }, (_, index) =>
    clusterOf({}, { name: `cluster-${index}`, uid: crypto.randomUUID() }),
  );
  const sources = sourcesOf({ clusters });
  const layers = envelopeLayers(planGateway(sources, [])).map((layer) =>
    'sealed' in layer ? { ...layer, sealed: SEALED } : layer,
  );
  const times = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    planGateway(sources, layers);
    return performance.now() - began;
  });
  return { bytes: Buffer.byteLength(JSON.stringify(layers)), milliseconds: median(times) };
}
