import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Workstation } from '../../cluster/cluster.ts';
import { enterNetwork } from '../../cluster/network/network.ts';
import { until } from '../../fleet/until.ts';
import { benchError } from '../errors.ts';
import { CrowdNews, type CrowdOrder, type MadeAgent } from './crowd-message.ts';

export interface AgentState {
  readonly name: string;
  readonly connected: boolean;
  readonly number: number;
}

const LIMIT_MS = 300_000;

/** Many agents in one process on a machine of its own beside the hub's node, so that what they say can be counted. */
export class AgentCrowd {
  readonly #hub: Cluster;
  readonly #states = new Map<string, AgentState>();
  readonly #made = new Map<string, MadeAgent>();
  #machine: Workstation | undefined;
  #child: ChildProcess | undefined;
  #trouble: string | undefined;

  constructor(hub: Cluster) {
    this.#hub = hub;
  }

  /** How many agents have been made. */
  get size(): number {
    return this.#made.size;
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#machine = await this.#hub.addWorkstation({ name: 'crowd' });
    const [file, args] = enterNetwork(this.#machine.network);
    const script = join(import.meta.dirname, 'crowd-process.ts');
    const child = spawn(file, [...args, process.execPath, script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      signal,
    });
    child.on('error', (error) => this.#say(error.message));
    child.on('exit', (code) => this.#say(`the agents' process ended with ${code}`));
    child.on('message', (message) => this.#hear(CrowdNews.parse(message)));
    this.#child = child;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Makes keys for agents with these names. */
  async make(names: readonly string[]): Promise<readonly MadeAgent[]> {
    this.#send({ kind: 'make', names: [...names] });
    return await this.#until('keys are made', () => {
      const made = names.flatMap((name) => this.#made.get(name) ?? []);
      return made.length === names.length ? made : undefined;
    });
  }

  connect(order: Omit<Extract<CrowdOrder, { kind: 'connect' }>, 'kind'>): void {
    this.#send({ kind: 'connect', ...order });
  }

  /** Waits until it holds for so many of all agents. */
  async untilSome(what: string, count: number, holds: (state: AgentState) => boolean): Promise<void> {
    await this.#until(what, () => {
      const found = [...this.#states.values()].filter(holds).length;
      return found >= count ? found : undefined;
    });
  }

  async untilAll(what: string, holds: (state: AgentState) => boolean): Promise<void> {
    await this.untilSome(what, this.size, holds);
  }

  /** The number of the envelope that each agent holds. */
  numbers(): Map<string, number> {
    return new Map([...this.#states].map(([name, { number }]) => [name, number]));
  }

  /** Bytes a minute and agent, both ways: TLS records alone, and whole packets as they go over the cable. */
  async idleBytesPerMinute(seconds: number): Promise<{ records: number; packets: number }> {
    const before = await this.#counted();
    await sleep(seconds * 1000);
    const after = await this.#counted();
    const share = (60 / seconds) * (1 / this.size);
    return {
      records: (after.records - before.records) * share,
      packets: (after.packets - before.packets) * share,
    };
  }

  async #counted(): Promise<{ records: number; packets: number }> {
    if (this.#machine === undefined) throw new Error('the crowd has not been started');
    const devices = await this.#machine.exec('cat', ['/proc/self/net/dev']);
    const { stdout } = await this.#machine.exec('ss', ['-tinH', 'state', 'established']);
    const sum = (pattern: RegExp) =>
      [...stdout.matchAll(pattern)].reduce((all, [, bytes]) => all + Number(bytes), 0);
    return {
      records: sum(/bytes_sent:(\d+)/g) + sum(/bytes_received:(\d+)/g),
      packets: bytesOfDevices(devices.stdout),
    };
  }

  #send(order: CrowdOrder): void {
    this.#child?.send(order);
  }

  #hear(news: CrowdNews): void {
    if (news.kind === 'trouble') this.#say(news.text);
    else if (news.kind === 'state') this.#states.set(news.name, news);
    else for (const agent of news.agents) this.#made.set(agent.name, agent);
  }

  #say(text: string): void {
    this.#trouble ??= text;
  }

  async #until<T>(what: string, look: () => T | undefined): Promise<T> {
    return await until(
      `${this.size} agents: ${what}`,
      async () => {
        if (this.#child?.exitCode !== null)
          throw benchError('BENCH_RUN_FAILED', { subject: 'the agents', detail: this.#trouble });
        return look();
      },
      { limitMs: LIMIT_MS, pauseMs: 20 },
    ).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}; first trouble: ${this.#trouble}`);
    });
  }
}

/** Received and sent by all devices but loopback, as proc_pid_net(5) has them. */
function bytesOfDevices(table: string): number {
  return [...table.matchAll(/^ *(\S+): *(\d+)(?: +\d+){7} +(\d+)/gm)]
    .filter(([, device]) => device !== 'lo')
    .reduce((all, [, , received, sent]) => all + Number(received) + Number(sent), 0);
}
