import assert from 'node:assert/strict';
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { DialOptions, HubLine } from '../../platform/agent/exchange/hub-line.ts';
import type { HubDoor } from '../../platform/desired/envelope.ts';
import type { EnrollAnswer, EnrollRequest } from '../../platform/desired/message.ts';
import { platformError } from '../../platform/errors.ts';
import { identifyAgent, issueAgentCertificate } from '../../platform/hub/authority/agent-certificate.ts';
import { readCsr, readCsrOf } from '../../platform/hub/authority/csr.ts';
import { AgentSocket, CLOSE } from '../../platform/hub/door/agent-socket.ts';
import { AgentSockets } from '../../platform/hub/door/agent-sockets.ts';
import { Desk } from '../../platform/hub/door/desk.ts';
import type { AgentIdentity, ClusterName } from '../../platform/hub/door/ports.ts';
import type { KeyPair } from '../../platform/hub/tls/certificate.ts';
import type { MemoryHub } from './memory-hub.ts';
import type { SimClock } from './sim-clock.ts';
import { SimLine } from './sim-line.ts';
import type { SimSite } from './sim-site.ts';

export interface SimDoorOptions {
  readonly clock: SimClock;
  readonly authority: KeyPair;
  /** Signs envelopes. */
  readonly hubKey: KeyObject;
  readonly hub: MemoryHub;
  readonly sites: () => readonly SimSite[];
  /** Between 0 and 1, the same each time. */
  readonly random: () => number;
}

export const PING_SECONDS = 60;
const CERTIFICATE_DAYS = 1 / 6;
const CALL_MS = 15_000;
const SPREAD_MS = 5_000;

/** Where agents connect: the hub's desk and sockets, with simulated lines in place of TLS. */
export class SimDoor {
  readonly #options: SimDoorOptions;
  #open: { readonly sockets: AgentSockets; readonly desk: Desk; readonly stop: AbortController } | undefined;

  constructor(options: SimDoorOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  has(cluster: ClusterName): boolean {
    return this.#open?.sockets.has(cluster) === true;
  }

  offer(cluster: ClusterName): void {
    this.#open?.sockets.offer(cluster);
  }

  start(): void {
    if (this.#open !== undefined) return;
    const { clock, hub, hubKey } = this.#options;
    const stop = new AbortController();
    const sockets = new AgentSockets({
      fleet: {
        cluster: (cluster) => ({ ...cluster, key: this.#siteOf(cluster).key }),
        onChange: () => () => undefined,
      },
      silentMs: 2_000 * PING_SECONDS,
      now: clock.now,
      onDuplicated: (agent) => hub.duplicated(agent),
    });
    const desk = new Desk({
      ...{ revisions: hub, status: hub, events: hub },
      keys: () => [createPublicKey(hubKey)],
      renew: async (agent, csr) => await clock.busy(this.#renew(agent, csr)),
      now: clock.today,
      pingSeconds: PING_SECONDS,
    });
    this.#open = { sockets, desk, stop };
    void this.#sweep(sockets, stop.signal);
  }

  /** Sends the agents away, as a rollout does, or is gone from one moment to the next. */
  async stop(how: 'close' | 'crash'): Promise<void> {
    const { clock, random, sites } = this.#options;
    const door = this.#open;
    if (door === undefined) return;
    this.#open = undefined;
    door.stop.abort();
    if (how === 'close') door.sockets.close(SPREAD_MS, random);
    await clock.pass(how === 'close' ? 1_000 : 0);
    for (const { lines } of sites())
      for (const line of lines) {
        if (how === 'crash') line.die();
        line.hub.terminate();
      }
  }

  /** How agents reach and know the hub. */
  get address(): HubDoor {
    const { authority, hubKey } = this.#options;
    const pem = createPublicKey(hubKey).export({ type: 'spki', format: 'pem' }).toString();
    return { urls: ['https://hub'], authorities: [authority.certificate], keys: [pem] };
  }

  async dial(site: SimSite, { certificate, connectMs, signal }: DialOptions): Promise<HubLine> {
    const { clock, authority } = this.#options;
    await this.#reach(site, connectMs, signal);
    const refused = (detail: string) => platformError('HUB_REFUSED', { subject: 'hub', detail });
    const identified = identifyAgent(
      new X509Certificate(certificate),
      [authority.certificate],
      clock.today(),
    );
    if ('refused' in identified)
      throw refused(
        identified.refused === 'expired' ? 'AGENT_CERTIFICATE_EXPIRED' : 'AGENT_CERTIFICATE_INVALID',
      );
    if (identified.identity.key !== site.key) throw refused('KEY_NOT_ACCEPTED');
    const line = new SimLine(clock, () => site.wire);
    site.lines.add(line);
    signal.addEventListener('abort', () => line.agent.terminate(), { once: true });
    this.#serve(line, identified.identity);
    try {
      // The hub has the connection before the agent knows of it.
      await this.#reach(site, connectMs, signal);
    } catch (error) {
      line.agent.terminate();
      throw error;
    }
    if (line.agent.readyState !== line.agent.OPEN)
      throw platformError('HUB_UNREACHABLE', { subject: 'hub', detail: 'closed before it was open' });
    return line.agent;
  }

  async enroll(site: SimSite, request: EnrollRequest, signal: AbortSignal): Promise<EnrollAnswer> {
    const { clock, authority } = this.#options;
    await this.#reach(site, CALL_MS, signal);
    const { key, publicKey } = await clock.busy(readCsr(request.csr));
    if (request.token !== undefined) site.key ??= key;
    if (site.key !== key) throw platformError('HUB_REFUSED', { subject: 'hub', detail: 'KEY_NOT_ACCEPTED' });
    const { project, name } = site.cluster;
    const issued = issueAgentCertificate(
      authority,
      publicKey,
      { project, name, id: site.id },
      clock.today(),
      CERTIFICATE_DAYS,
    );
    const certificate = await clock.busy(issued);
    await this.#reach(site, CALL_MS, signal);
    return { state: 'accepted', certificate, project, cluster: name, hub: this.address };
  }

  /** As a TCP connection and what is said over it fare before any of it can be used. */
  async #reach(site: SimSite, ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await clock.sleep(site.wire.delayMs, signal);
    if (site.wire.lost.size > 0 || site.wire.held.size > 0) await clock.sleep(ms, signal);
    else if (!site.wire.isCut && this.#open !== undefined) return;
    throw platformError('HUB_UNREACHABLE', { subject: 'hub' });
  }

  #serve(line: SimLine, agent: AgentIdentity): void {
    const { clock } = this.#options;
    if (this.#open === undefined) return;
    const { sockets, desk } = this.#open;
    const socket = new AgentSocket({
      ...{ line: line.hub, agent, desk, clock },
      onAlive: () => undefined,
      onError: (error) => {
        throw error;
      },
    });
    sockets.add(socket);
    line.hub.once('close', (code: number) => {
      sockets.remove(socket);
      if (code === CLOSE.replaced) sockets.clashed(socket);
    });
  }

  async #renew(agent: AgentIdentity, csr: string): Promise<string> {
    const { clock, authority } = this.#options;
    const { publicKey } = await readCsrOf(agent, csr);
    const subject = { ...agent, id: this.#siteOf(agent).id };
    return await issueAgentCertificate(authority, publicKey, subject, clock.today(), CERTIFICATE_DAYS);
  }

  #siteOf({ name }: ClusterName): SimSite {
    const found = this.#options.sites().find((site) => site.cluster.name === name);
    assert.ok(found !== undefined, name);
    return found;
  }

  async #sweep(sockets: AgentSockets, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(PING_SECONDS * 1_000, signal).catch(() => undefined);
      if (!signal.aborted) sockets.sweep();
    }
  }
}
