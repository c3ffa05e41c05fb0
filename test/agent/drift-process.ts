import { text } from 'node:stream/consumers';
import { connectCluster } from '../../apply/client/kube.ts';
import { systemClock } from '../../apply/clock.ts';
import type { DriftLayer } from '../../platform/agent/drift/drift-watch.ts';
import { layerCrds } from '../../platform/agent/drift/layer-crds.ts';
import { HELM_MANAGER, releaseObjects } from '../../platform/agent/drift/release-objects.ts';
import { watchDrift } from '../../platform/agent/drift/watch-drift.ts';
import type { DriftItem } from '../../platform/api/cluster-status.ts';

/**
 * A drift watch in a process of its own, with nothing but what is in the cluster: says `settled`, watches until its
 * standard input ends, and then says what it ever reported and what memory it took.
 */
const [kubeconfig = '', ...names] = process.argv.slice(2);
const client = await connectCluster({ path: kubeconfig });
await client.version();
const before = process.memoryUsage.rss();
const policy = { mode: 'observe' } as const;
const layers: DriftLayer[] = [];
for (const name of names) {
  const objects = await releaseObjects(client, { name, namespace: name });
  if (objects === undefined) throw new Error(`${name} is not deployed`);
  layers.push(...(await layerCrds(client, { name, namespace: name, policy })));
  layers.push({ name, namespace: name, objects, fieldManager: HELM_MANAGER, policy });
}
const stop = new AbortController();
const reported: DriftItem[] = [];
const watch = watchDrift({
  client,
  layers,
  clock: systemClock,
  signal: stop.signal,
  onChange: (items) => void reported.push(...items),
});
await watch.settled();
console.log('settled');
await text(process.stdin);
const objects = layers.reduce((sum, layer) => sum + layer.objects.length, 0);
const rss = process.memoryUsage.rss();
console.log(JSON.stringify({ reported, problems: watch.problems(), objects, before, rss }));
stop.abort();
await watch.closed;
process.exit(0);
