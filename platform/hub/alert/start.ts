import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import { isSkerryError } from '../../../content/error.ts';
import { keyOf } from '../watched/stored.ts';
import { type StoredAlert, storedAlert } from '../watched/stored-alert.ts';
import type { Watched } from '../watched/watched.ts';
import { planAlerts } from './alert-plan.ts';
import { writeAlerts, writeSent } from './alert-writer.ts';
import { deliver } from './deliver.ts';
import { newsFor, type Receiver, receiversOf } from './delivery-plan.ts';
import { findingsOf, isSilent } from './findings.ts';
import { accountState, clusterState, type FleetState, rolloutState } from './fleet-state.ts';

export interface AlertsOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace' | 'delete'>;
  readonly watched: WatchedObjects;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The time of day. */
  readonly now: () => Date;
  /** How long a certificate of an agent is good. */
  readonly agentDays?: number | undefined;
  readonly onError: (error: unknown) => void;
  /** Milliseconds between two rounds, each of which sends a receiver one message at most. */
  readonly everyMs?: number | undefined;
}

const EVERY_MS = 10_000;
const CALL_MS = 10_000;
const FIRST_RETRY_MS = 20_000;
const MAX_RETRY_MS = 900_000;

/** Keeps the Alert objects as the fleet is, and tells the receivers, until the signal is aborted. Only the leader may. */
export async function startAlerts(options: AlertsOptions): Promise<void> {
  const { signal, clock, onError, everyMs = EVERY_MS } = options;
  const rounds = new Rounds(options);
  while (!signal.aborted) {
    try {
      await rounds.run();
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

type WatchedObjects = Pick<Watched, 'clusters' | 'rollouts' | 'accounts' | 'alerts' | 'receivers'>;

/** A receiver that fails is tried less and less often; nobody else waits for it. */
interface Backoff {
  readonly pauseMs: number;
  readonly nextMs: number;
}

class Rounds {
  readonly #options: AlertsOptions;
  #absentSince: ReadonlyMap<string, number> = new Map();
  readonly #backoff = new Map<string, Backoff>();
  /** Receivers that are being told right now: a slow one holds up nobody. */
  readonly #busy = new Set<string>();

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { clusters, rollouts, accounts, alerts, receivers } = this.#options.watched;
    // What was not seen yet is no proof of anything.
    if (![clusters, rollouts, accounts, alerts, receivers].every(({ isListed }) => isListed)) return;
    await this.#reconcile();
    for (const receiver of [...receivers.values()].flatMap(receiversOf)) this.#begin(receiver);
  }

  async #reconcile(): Promise<void> {
    const { client, signal, now, agentDays, watched } = this.#options;
    const { clusters, rollouts, accounts, alerts } = watched;
    const state: FleetState = {
      clusters: [...clusters.values()].flatMap(({ stored }) => (stored && clusterState(stored)) ?? []),
      rollouts: [...rollouts.values()].flatMap((rollout) => rolloutState(rollout) ?? []),
      accounts: [...accounts.values()].map(accountState),
    };
    const silent = state.clusters.filter(isSilent).map(({ project, name }) => `${project}/${name}`);
    const plan = planAlerts({
      findings: findingsOf(state, now(), agentDays),
      alerts: [...alerts.values()],
      silent: new Set(silent),
      absentSince: this.#absentSince,
      now: now(),
    });
    this.#absentSince = plan.absentSince;
    await writeAlerts(client, plan, { signal, timeoutMs: CALL_MS }, (object) => alerts.put(object));
  }

  #begin(receiver: Receiver): void {
    const { signal, clock, onError } = this.#options;
    const key = `${receiver.project}/${receiver.name}`;
    if (this.#busy.has(key) || clock.now() < (this.#backoff.get(key)?.nextMs ?? 0)) return;
    this.#busy.add(key);
    this.#tell(receiver)
      .then(
        () => void this.#backoff.delete(key),
        (error: unknown) => {
          if (signal.aborted) return;
          const pauseMs = Math.min((this.#backoff.get(key)?.pauseMs ?? FIRST_RETRY_MS / 2) * 2, MAX_RETRY_MS);
          this.#backoff.set(key, { pauseMs, nextMs: clock.now() + pauseMs });
          onError(error);
        },
      )
      .finally(() => this.#busy.delete(key));
  }

  async #tell(receiver: Receiver): Promise<void> {
    const { client, signal, now, watched } = this.#options;
    const news = newsFor(receiver, [...watched.alerts.values()]);
    if (news.length === 0) return;
    await deliver(receiver, news, { client, signal, now: now() });
    const call = { signal, timeoutMs: CALL_MS };
    for (const { alert, state } of news)
      await this.#note(alert, { receiver: receiver.name, at: now().toISOString(), state }, call);
  }

  // What was sent is noted, also when the alert was changed meanwhile: the note goes onto what it is now.
  async #note(
    told: StoredAlert,
    sent: Parameters<typeof writeSent>[2],
    call: { signal: AbortSignal; timeoutMs: number },
  ): Promise<void> {
    const { client, watched } = this.#options;
    const { alerts } = watched;
    let current: StoredAlert | undefined = alerts.get(keyOf(told.project, told.name)) ?? told;
    for (let tries = 0; tries < 5 && current !== undefined; tries++) {
      try {
        alerts.put(await writeSent(client, current, sent, call));
        return;
      } catch (error) {
        if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
        const object = await client.get(told.object, call);
        current = object && storedAlert(object);
      }
    }
  }
}
