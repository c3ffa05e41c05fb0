import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../apply/client/client.ts';
import { isSkerryError, messageOf, type SkerryError } from '../../content/error.ts';
import type { CallOptions } from '../../content/store.ts';
import { installerError } from '../errors.ts';
import {
  type Installation,
  type JournalPhase,
  type JournalRun,
  readInstallation,
  type StoredInstallation,
  type UpgradeRecord,
  writeInstallation,
} from './installation.ts';

export interface JournalOptions extends CallOptions {
  /** User and host of this workstation. */
  readonly by: string;
  readonly now?: (() => Date) | undefined;
}

type Client = Pick<KubeClient, 'get' | 'create' | 'replace'>;

/** How many runs are remembered. */
const HISTORY = 20;
const CLOSE_MS = 5000;

/** Writes down in the cluster what has begun, what is done and what failed. Only the holder of the lock writes. */
export class Journal {
  readonly #client: Client;
  readonly #by: string;
  readonly #now: () => Date;
  #stored: StoredInstallation;

  private constructor(
    client: Client,
    stored: StoredInstallation,
    { by, now = () => new Date() }: JournalOptions,
  ) {
    this.#client = client;
    this.#stored = stored;
    this.#by = by;
    this.#now = now;
  }

  /**
   * Begins a journal, or goes on with the one that is there; phases that it does not know yet are added.
   * Throws OTHER_RELEASE_INSTALLED where it belongs to another release.
   */
  static async open(
    client: Client,
    begin: Omit<Installation, 'version' | 'history'>,
    options: JournalOptions,
  ): Promise<Journal> {
    const found = await readInstallation(client, options);
    const other = otherReleaseError(found?.installation, begin.release);
    if (other !== undefined) throw other;
    const known = new Map(found?.installation.phases.map((phase) => [phase.id, phase]));
    const crds = new Map(found?.installation.components.map((component) => [component.name, component.crds]));
    const installation: Installation = {
      ...begin,
      version: 2,
      address: begin.address ?? found?.installation.address,
      previous: found?.installation.previous,
      adopted: [...new Set([...(found?.installation.adopted ?? []), ...begin.adopted])].sort(),
      namespaces: [...new Set([...(found?.installation.namespaces ?? []), ...begin.namespaces])],
      phases: begin.phases.map((phase) => known.get(phase.id) ?? phase),
      components: begin.components.map((component) => ({
        ...component,
        crds: [...new Set([...component.crds, ...(crds.get(component.name) ?? [])])].sort(),
      })),
      history: found?.installation.history ?? [],
    };
    return await Journal.#begin(
      client,
      { installation, resourceVersion: found?.resourceVersion },
      'install',
      options,
    );
  }

  /** Goes on with a journal in order to take away what it tells of. */
  static async openToUninstall(
    client: Client,
    stored: StoredInstallation,
    options: JournalOptions,
  ): Promise<Journal> {
    const installation: Installation = { ...stored.installation, state: 'uninstalling' };
    return await Journal.#begin(client, { ...stored, installation }, 'uninstall', options);
  }

  /** Begins or goes on with an upgrade or the way back from one, which the record that is given tells of. */
  static async openToUpgrade(
    client: Client,
    stored: StoredInstallation,
    options: JournalOptions,
  ): Promise<Journal> {
    const { upgrade } = stored.installation;
    const isBack = upgrade?.direction === 'back';
    const release = isBack ? upgrade.from : upgrade?.to;
    return await Journal.#begin(client, stored, isBack ? 'rollback' : 'upgrade', options, release);
  }

  static async #begin(
    client: Client,
    stored: StoredInstallation,
    action: JournalRun['action'],
    options: JournalOptions,
    release = stored.installation.release,
  ): Promise<Journal> {
    const journal = new Journal(client, stored, options);
    const { history } = stored.installation;
    const run: JournalRun = {
      action,
      release,
      by: options.by,
      startedAt: journal.#now().toISOString(),
      outcome: 'running',
    };
    // Whoever holds the lock knows that nobody else is at work.
    const earlier = history.map((old) =>
      old.outcome === 'running' ? { ...old, outcome: 'cut-off' as const } : old,
    );
    await journal.#write({ ...stored.installation, history: [...earlier, run].slice(-HISTORY) }, options);
    return journal;
  }

  get installation(): Installation {
    return this.#stored.installation;
  }

  /** Runs a phase between two entries; a failure is written down with its reason, then thrown. */
  async phase<T>(id: string, work: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    const begun = { state: 'running', startedAt: this.#now().toISOString(), by: this.#by } as const;
    const history = this.#lastRun((run) => ({ ...run, phase: id }));
    const { signal } = options;
    if (signal?.aborted === true) {
      await this.#fail(id, signal.reason, signal);
      throw signal.reason;
    }
    // Not cut off by a stop: whether it arrived would stay unknown, and with it where the run stopped.
    await this.#update(id, { ...begun, finishedAt: undefined, error: undefined }, {}, history);
    let written: Promise<void> | undefined;
    const fail = (error: unknown) => {
      written ??= this.#fail(id, error, signal);
      return written;
    };
    // Not after the work has ended, which may take longer than a process that is told to stop has.
    const stop = () => void fail(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    let result: T;
    try {
      signal?.throwIfAborted();
      result = await work();
    } catch (error) {
      await fail(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    await this.#update(id, { state: 'done', finishedAt: this.#now().toISOString() }, options);
    return result;
  }

  /** Writes down why the run ended outside of a phase; best effort, as for a phase. */
  async failed(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (this.installation.history.at(-1)?.outcome === 'running') await this.#fail(undefined, error, signal);
  }

  /** Ends the run well; what else that changes is written down with it, so that nothing is cut off in between. */
  async finish(
    options: CallOptions = {},
    change: (installation: Installation) => Installation = (installation) => installation,
  ): Promise<void> {
    await this.#write({ ...change(this.#closed('done')), state: 'installed' }, options);
  }

  /** Writes down a change of what the record says, the run and its phases aside. */
  async change(
    change: (installation: Installation) => Installation,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#write({ ...change(this.installation), history: this.installation.history }, options);
  }

  /** Notes the CRDs of a component before they are applied: uninstalling must know of them even if this breaks off. */
  async noteCrds(component: string, crds: readonly string[], options: CallOptions = {}): Promise<void> {
    const noted = <T extends { readonly name: string; readonly crds: string[] }>(entry: T): T =>
      entry.name === component ? { ...entry, crds: [...new Set([...entry.crds, ...crds])].sort() } : entry;
    const { upgrade, components } = this.installation;
    await this.#write(
      upgrade === undefined
        ? { ...this.installation, components: components.map(noted) }
        : { ...this.installation, upgrade: { ...upgrade, components: upgrade.components.map(noted) } },
      options,
    );
  }

  /** Notes namespaces before they are made. */
  async noteNamespaces(names: readonly string[], options: CallOptions = {}): Promise<void> {
    const namespaces = [...new Set([...this.installation.namespaces, ...names])];
    if (namespaces.length === this.installation.namespaces.length) return;
    await this.#write({ ...this.installation, namespaces }, options);
  }

  /** Takes the record of a phase back to before it was begun. */
  async undone(id: string, options: CallOptions = {}): Promise<void> {
    const undone = (phase: JournalPhase) => (phase.id === id ? { id, state: 'waiting' as const } : phase);
    await this.#write(withPhases(this.installation, undone), options);
  }

  // Best effort: whoever stops or loses the cluster can't be told more than what the next run finds.
  async #fail(id: string | undefined, thrown: unknown, signal: AbortSignal | undefined): Promise<void> {
    const stopped = signal?.aborted === true;
    // Whatever broke because of it, this is the reason.
    const error = stopped ? signal.reason : thrown;
    const problem = problemOf(error);
    const failed = (phase: JournalPhase) =>
      phase.id === id ? { ...phase, state: 'failed' as const, error: problem } : phase;
    const closed = this.#closed(stopped ? 'stopped' : 'failed', problem, id);
    // A lost lock must not be followed by a write, and a write that others made in between wins.
    if (isSkerryError(error, 'LOCK_LOST')) return;
    await this.#write(withPhases(closed, failed), { signal: AbortSignal.timeout(CLOSE_MS) }).catch(
      () => undefined,
    );
  }

  #closed(outcome: JournalRun['outcome'], error?: JournalRun['error'], phase?: string): Installation {
    const history = this.#lastRun((run) => ({
      ...run,
      ...(phase === undefined ? {} : { phase }),
      outcome,
      finishedAt: this.#now().toISOString(),
      ...(error === undefined ? {} : { error }),
    }));
    return { ...this.installation, history };
  }

  #lastRun(change: (run: JournalRun) => JournalRun): JournalRun[] {
    const { history } = this.installation;
    return history.map((run, index) => (index === history.length - 1 ? change(run) : run));
  }

  async #update(
    id: string,
    change: Partial<JournalPhase>,
    options: CallOptions,
    history = this.installation.history,
  ): Promise<void> {
    const changed = (phase: JournalPhase) => (phase.id === id ? { ...phase, ...change } : phase);
    await this.#write({ ...withPhases(this.installation, changed), history }, options);
  }

  async #write(installation: Installation, options: CallOptions): Promise<void> {
    try {
      this.#stored = await writeInstallation(this.#client, { ...this.#stored, installation }, options);
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
      // A write whose answer was lost is sent again, and refused then: what counts is what is there.
      const found = await readInstallation(this.#client, options);
      if (!isDeepStrictEqual(asWritten(found?.installation), asWritten(installation))) throw error;
      this.#stored = { installation, resourceVersion: found?.resourceVersion };
    }
  }
}

/** The phases of what is under way: of an upgrade, or of the installation. */
function withPhases(installation: Installation, change: (phase: JournalPhase) => JournalPhase): Installation {
  const { upgrade, phases, state } = installation;
  return upgrade === undefined || state === 'uninstalling'
    ? { ...installation, phases: phases.map(change) }
    : { ...installation, upgrade: { ...upgrade, phases: upgrade.phases.map(change) } };
}

/** OTHER_RELEASE_INSTALLED where what was found is not this release, UPGRADE_UNDER_WAY where it is about to be another. */
export function otherReleaseError(
  found: Installation | undefined,
  release: Installation['release'],
): SkerryError | undefined {
  if (found?.upgrade !== undefined && found.state !== 'uninstalling') return underWayError(found.upgrade);
  if (found === undefined || found.release.digest === release.digest) return undefined;
  return installerError('OTHER_RELEASE_INSTALLED', {
    subject: `${found.release.name} ${found.release.version} (${found.state})`,
    detail: `this stick holds ${release.name} ${release.version}`,
  });
}

/** What to say to whoever wants anything else while an upgrade is under way. */
export function underWayError({ from, to, direction, startedAt }: UpgradeRecord): SkerryError {
  const detail =
    direction === 'forward'
      ? `from ${from.version} to ${to.version} since ${startedAt}`
      : `from ${to.version} back to ${from.version} since ${startedAt}`;
  return installerError('UPGRADE_UNDER_WAY', { subject: `${from.name} ${from.version}`, detail });
}

/** Absent and undefined are the same once written. */
function asWritten(installation: Installation | undefined): unknown {
  return JSON.parse(JSON.stringify(installation ?? null));
}

function problemOf(error: unknown): { code: string; message: string } {
  const code = isSkerryError(error) ? error.code : 'INTERNAL';
  return { code, message: messageOf(error).slice(0, 2000) };
}
