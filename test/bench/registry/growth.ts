import type { Contestant } from './contestant.ts';
import { spread, withWires } from './crowd.ts';
import { makeNoise, type Noise } from './noise.ts';
import { MANIFEST_TYPE, makeManifest, type PushedManifest, pushBlob, pushManifest } from './pusher.ts';
import type { ContestSize } from './registry-contest.ts';
import type { Wire } from './wire.ts';

/** What a request costs when a registry holds so many manifests. */
export interface Cost {
  readonly manifests: number;
  /** Microseconds for each kind of request, as one client sees them. */
  readonly micros: Readonly<Record<Asked, number>>;
  /** Bytes, the most so far. */
  readonly peakBytes: number;
}

export type Asked = 'GET manifest' | 'HEAD blob' | 'PUT manifest' | 'GET page of tags';

const REPOSITORY = 'bench/growth';
const WIRES = 32;

/** Fills a registry with manifests, each with a tag of its own, and measures on the way. */
export async function measureGrowth(
  contestant: Contestant,
  { quick }: ContestSize,
  onProgress: (text: string) => void,
): Promise<Cost[]> {
  const steps = quick ? [100, 1000] : [1000, 100_000];
  const requests = quick ? 100 : 1000;
  const config = makeNoise(2000);
  const costs: Cost[] = [];
  await withWires(contestant, WIRES, async (wires) => {
    const [wire] = wires;
    if (wire === undefined) return;
    await pushBlob(wire, REPOSITORY, config);
    let held = 0;
    for (const step of steps) {
      const before = held;
      await spread(wires, step - before, (each, at) => put(each, config, before + at));
      held = step;
      onProgress(`${contestant.name} holds ${held} manifests`);
      const micros = {
        'GET manifest': await time(wire, requests, (at) => getManifest(wire, pick(at, step))),
        'HEAD blob': await time(wire, requests, () => headBlob(wire, config)),
        'PUT manifest': await time(wire, requests, (at) => put(wire, config, step + at)),
        'GET page of tags': await time(wire, requests, (at) => getPage(wire, pick(at, step))),
      };
      held += requests;
      costs.push({ manifests: step, micros, peakBytes: contestant.registry.peakBytes() });
    }
  });
  return costs;
}

async function time(wire: Wire, requests: number, ask: (at: number) => Promise<unknown>): Promise<number> {
  // Warm: the first requests of a kind find code that is not compiled yet.
  await spread([wire], 50, (_, at) => ask(at + requests));
  const began = performance.now();
  await spread([wire], requests, (_, at) => ask(at));
  return ((performance.now() - began) * 1000) / requests;
}

// All over, and the same for every registry.
function pick(at: number, count: number): number {
  return (at * 7919) % count;
}

function put(wire: Wire, config: Noise, at: number): Promise<void> {
  return pushManifest(wire, REPOSITORY, manifest(config, at), { tag: tagOf(at) });
}

async function getManifest(wire: Wire, at: number): Promise<void> {
  const target = `/v2/${REPOSITORY}/manifests/${tagOf(at)}`;
  await wire.ask({ method: 'GET', target, headers: { accept: MANIFEST_TYPE } }, 200);
}

async function headBlob(wire: Wire, { digest }: Noise): Promise<void> {
  await wire.ask({ method: 'HEAD', target: `/v2/${REPOSITORY}/blobs/${digest}` }, 200);
}

async function getPage(wire: Wire, at: number): Promise<void> {
  const target = `/v2/${REPOSITORY}/tags/list?n=100&last=${tagOf(at)}`;
  await wire.ask({ method: 'GET', target }, 200);
}

function manifest(config: Noise, at: number): PushedManifest {
  return makeManifest(config, [], { annotations: { number: String(at) } });
}

function tagOf(at: number): string {
  return `v1.${String(at).padStart(6, '0')}`;
}
