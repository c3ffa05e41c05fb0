import type { ClusterName } from '../../platform/hub/door/ports.ts';
import type { ClusterCopy, SimAgent } from './sim-agent.ts';
import type { Direction, SimLine, WireState } from './sim-line.ts';

const WHOLE: WireState & { readonly isCut: boolean } = {
  isCut: false,
  lost: new Set(),
  held: new Set(),
  delayMs: 20,
};

interface Fault {
  readonly lost?: readonly Direction[];
  readonly held?: readonly Direction[];
  readonly delayMs?: number;
}

/** One managed cluster, and the wire between it and the hub. */
export class SimSite {
  readonly cluster: ClusterName;
  readonly id: string;
  readonly agent: SimAgent;
  readonly lines = new Set<SimLine>();
  wire = WHOLE;
  /** Layers of all edits that were ever made, for going back to them. */
  readonly edits: (readonly string[])[] = [];
  /** Whose key the hub accepts. */
  key: string | undefined;
  #copy: ClusterCopy | undefined;
  /** How many of the agent's notes need not have arrived: they were made before something forgot them. */
  forgiven = 0;
  /** Nothing was ever forgotten, at the agent or at the hub. */
  isWhole = true;

  constructor(cluster: ClusterName, id: string, agent: (site: SimSite) => SimAgent) {
    this.cluster = cluster;
    this.id = id;
    this.agent = agent(this);
  }

  /** From now on; one fault does not end another. */
  fault({ lost = [], held = [], delayMs = this.wire.delayMs }: Fault): void {
    const { wire } = this;
    const [allLost, allHeld] = [new Set([...wire.lost, ...lost]), new Set([...wire.held, ...held])];
    this.wire = { ...wire, lost: allLost, held: allHeld, delayMs };
  }

  reset(): void {
    for (const line of this.lines) line.reset();
  }

  cut(): void {
    this.wire = { ...this.wire, isCut: true };
    this.reset();
  }

  mend(): void {
    this.wire = WHOLE;
    for (const line of this.lines) line.mended();
  }

  /** The power of the cluster's nodes goes, and comes back. */
  async crash(): Promise<void> {
    this.#die();
    await this.agent.stop();
    await this.agent.start();
  }

  keepCopy(): void {
    this.#copy = this.agent.copy();
  }

  /** The whole cluster is again what it was when the copy was made. */
  async restore(): Promise<void> {
    if (this.#copy === undefined) return;
    this.#die();
    this.forgive();
    await this.agent.restore(this.#copy);
  }

  /** The agent has lost all that it knew but its keys. */
  async forget(): Promise<void> {
    this.#die();
    this.forgive();
    await this.agent.forget();
  }

  /** What was said until now may be lost. */
  forgive(): void {
    this.forgiven = this.agent.noted.length;
    this.isWhole = false;
  }

  #die(): void {
    for (const line of this.lines) line.die();
  }
}
