import type { AgentSocket } from './agent-socket.ts';
import { CLOSE } from './agent-socket.ts';
import type { AgentIdentity, ClusterName, FleetView } from './ports.ts';

export interface AgentSocketsOptions {
  readonly fleet: FleetView;
  /** An agent that said nothing for so long is cut off, in milliseconds. */
  readonly silentMs: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  /** Told when two agents with the same key keep cutting each other off. */
  readonly onDuplicated: (agent: AgentIdentity) => void;
}

/** So often within so long; once or twice, an agent that is replaced may meet its successor. */
const CLASHES = 3;
const CLASH_MS = 600_000;

/** The agents that are connected to this hub, one for each cluster. */
export class AgentSockets {
  readonly #options: AgentSocketsOptions;
  readonly #byCluster = new Map<string, AgentSocket>();
  /** When an agent was cut off by another one, and was there to hear it. */
  readonly #clashes = new Map<string, readonly number[]>();

  constructor(options: AgentSocketsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byCluster.size;
  }

  has(cluster: ClusterName): boolean {
    return this.#byCluster.has(idOf(cluster));
  }

  /** The last connection stays: the connection before is most often one that broke unseen. */
  add(socket: AgentSocket): void {
    const id = idOf(socket.agent);
    this.#byCluster.get(id)?.close(CLOSE.replaced);
    this.#byCluster.set(id, socket);
  }

  remove(socket: AgentSocket): void {
    const id = idOf(socket.agent);
    if (this.#byCluster.get(id) === socket) this.#byCluster.delete(id);
  }

  /** An agent that made place for another has answered: a connection that broke unseen could not. */
  clashed({ agent }: AgentSocket): void {
    const { now, onDuplicated } = this.#options;
    const time = now();
    for (const [id, clashes] of this.#clashes)
      if (clashes.every((at) => time - at >= CLASH_MS)) this.#clashes.delete(id);
    const recent = (this.#clashes.get(idOf(agent)) ?? []).filter((at) => time - at < CLASH_MS);
    const clashes = [...recent, time].slice(-CLASHES);
    this.#clashes.set(idOf(agent), clashes);
    if (clashes.length >= CLASHES) onDuplicated(agent);
  }

  /** Cuts off an agent whose key is no longer accepted. */
  check(cluster: ClusterName): void {
    const socket = this.#byCluster.get(idOf(cluster));
    if (socket === undefined || this.#options.fleet.cluster(cluster)?.key === socket.agent.key) return;
    this.#byCluster.delete(idOf(cluster));
    socket.close(CLOSE.revoked);
  }

  offer(cluster: ClusterName): void {
    this.#byCluster.get(idOf(cluster))?.offer();
  }

  /** Cuts off who is silent: half-open connections are not closed by anybody else. */
  sweep(): void {
    for (const socket of this.#byCluster.values()) {
      if (socket.isSilent(this.#options.silentMs)) socket.terminate();
    }
  }

  /** Sends all away; they come back at different times within `spreadMs`. */
  close(spreadMs: number, random: () => number): void {
    for (const socket of this.#byCluster.values()) {
      socket.close(CLOSE.goingAway, [{ kind: 'retry', afterMs: Math.round(random() * spreadMs) }]);
    }
    this.#byCluster.clear();
  }
}

function idOf({ project, name }: ClusterName): string {
  return `${project}/${name}`;
}
