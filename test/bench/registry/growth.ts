import { median } from '../statistics.ts';
import type { Contestant } from './contestant.ts';
import { spread, withWires } from './crowd.ts';
import { makeNoise, type Noise } from './noise.ts';
import { MANIFEST_TYPE, makeManifest, type PushedManifest, pushBlob, pushManifest } from './pusher.ts';
import type { ContestSize } from './registry-contest.ts';
import type { Wire } from './wire.ts';

/** What a request costs when a registry holds so many manifests. */
export interface Cost {
  readonly manifests: number;
  readonly spent: Readonly<Record<Asked, Spent>>;
  /** Bytes, the most so far. */
  readonly peakBytes: number;
}

/** Microseconds for one request. */
export interface Spent {
  /** As one client sees it: the median of the rounds. */
  readonly elapsed: number;
  /** Of the server's processor time. */
  readonly processor: number;
}

export type Asked = 'GET manifest' | 'HEAD blob' | 'PUT manifest' | 'GET page of tags';

export interface GrowthOptions extends ContestSize {
  readonly rounds: number;
  readonly onProgress: (text: string) => void;
}

/** How many manifests the two registries hold that are compared. */
export function growthSteps({ quick }: ContestSize): [number, number] {
  return quick ? [100, 1000] : [1000, 100_000];
}

const REPOSITORY = 'bench/growth';
const FILLING_WIRES = 32;

/**
 * Fills one registry with few manifests and another with many, each with a tag of its own, and asks both for the same
 * in turn: so both see the same machine.
 */
export async function measureGrowth(
  few: Contestant,
  many: Contestant,
  options: GrowthOptions,
): Promise<Cost[]> {
  const [small, large] = growthSteps(options);
  const config = makeNoise(2000);
  const grown = [new Grown(few, config, small), new Grown(many, config, large)];
  for (const each of grown) {
    options.onProgress(`filling a registry with ${each.held} manifests`);
    await each.fill();
  }
  const requests = options.quick ? 100 : 500;
  for (let round = 0; round < options.rounds; round++) {
    for (const asked of ASKED) {
      for (const each of round % 2 === 0 ? grown : grown.toReversed()) await each.ask(asked, requests);
    }
    options.onProgress(`asked both, round ${round + 1}`);
  }
  return grown.map((each) => each.cost());
}

export const ASKED: readonly Asked[] = ['GET manifest', 'HEAD blob', 'PUT manifest', 'GET page of tags'];

/** A registry with so many manifests, and what requests to it cost. */
class Grown {
  readonly held: number;
  readonly #contestant: Contestant;
  readonly #config: Noise;
  readonly #rounds = new Map<Asked, Spent[]>();
  #put: number;

  constructor(contestant: Contestant, config: Noise, held: number) {
    this.#contestant = contestant;
    this.#config = config;
    this.held = held;
    this.#put = held;
  }

  async fill(): Promise<void> {
    await withWires(this.#contestant, FILLING_WIRES, async (wires) => {
      await spread(wires.slice(0, 1), 1, (wire) => pushBlob(wire, REPOSITORY, this.#config));
      await spread(wires, this.held, (wire, at) => put(wire, this.#config, at));
    });
  }

  async ask(asked: Asked, requests: number): Promise<void> {
    const { registry } = this.#contestant;
    await withWires(this.#contestant, 1, async (wires) => {
      // Warm: the first requests of a kind find code that is not compiled yet.
      await spread(wires, 50, (wire, at) => this.#request(asked, wire, at + requests));
      const cpuBefore = registry.cpuSeconds();
      const began = performance.now();
      await spread(wires, requests, (wire, at) => this.#request(asked, wire, at));
      const elapsed = ((performance.now() - began) * 1000) / requests;
      const processor = ((registry.cpuSeconds() - cpuBefore) * 1_000_000) / requests;
      this.#rounds.set(asked, [...(this.#rounds.get(asked) ?? []), { elapsed, processor }]);
    });
  }

  cost(): Cost {
    const of = (asked: Asked): Spent => {
      const rounds = this.#rounds.get(asked) ?? [];
      return {
        elapsed: median(rounds.map(({ elapsed }) => elapsed)),
        // The mean: the kernel counts in hundredths of a second.
        processor: rounds.reduce((sum, { processor }) => sum + processor, 0) / rounds.length,
      };
    };
    const spent = {
      'GET manifest': of('GET manifest'),
      'HEAD blob': of('HEAD blob'),
      'PUT manifest': of('PUT manifest'),
      'GET page of tags': of('GET page of tags'),
    };
    return { manifests: this.held, spent, peakBytes: this.#contestant.registry.peakBytes() };
  }

  #request(asked: Asked, wire: Wire, at: number): Promise<void> {
    const index = pick(at, this.held);
    if (asked === 'GET manifest') return getManifest(wire, index);
    if (asked === 'HEAD blob') return headBlob(wire, this.#config);
    if (asked === 'GET page of tags') return getPage(wire, index);
    return put(wire, this.#config, this.#put++);
  }
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
