import { join } from 'node:path';
import { generateKey, parseSigningKey } from '../../bundle/key.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { OverlayStore } from '../../content/stores/overlay.ts';
import { readOnlyAccess } from '../../registry/access/access.ts';
import { serveRegistry } from '../../registry/server/serve.ts';
import { type Installation, readInstallation } from '../record/installation.ts';
import { type Lock, takeLock } from '../record/lock.ts';
import { type BackInput, beginGoingBack, type Returned, readToGoBack } from '../upgrade/go-back.ts';
import { planRollback } from '../upgrade/rollback-plan.ts';
import { beginUpgrade, commitUpgrade, runUpgradePhase, settleFailure } from '../upgrade/run-upgrade.ts';
import type { UpgradeInput } from '../upgrade/upgrade-plan.ts';
import type { ScriptedCharts } from './scripted-helm.ts';
import {
  installOn,
  REGISTRY_CHART,
  type ScriptedSite,
  SEED,
  type SiteOptions,
  scriptedBundle,
  scriptedSite,
} from './scripted-site.ts';

const PROXY = '/api/v1/namespaces/skerry-system/services/http:skerry-registry-store:5000/proxy';

/** Ends a run as `kill -9` does: nothing is written down any more, but for the lock, which is not waited for. */
export class Killed extends Error {}

interface Parts {
  readonly before: ScriptedCharts;
  readonly checkpoints: MemoryStore;
  readonly registry: { close(): Promise<void> };
}

/** A site with 1.0.0 installed, and 1.1.0 on a stick; the registry in the cluster has all that was ever copied. */
export class ScriptedUpgrade {
  readonly site: ScriptedSite;
  readonly input: UpgradeInput;
  readonly #checkpoints: MemoryStore;
  readonly #registry: { close(): Promise<void> };
  readonly #next: ReleaseBundle;
  /** What charts of the release before render to. */
  readonly #before: ScriptedCharts;

  private constructor(site: ScriptedSite, next: ReleaseBundle, { before, checkpoints, registry }: Parts) {
    const { storage: _, ...context } = site.context;
    this.#checkpoints = checkpoints;
    this.site = site;
    this.input = { ...context, bundle: next };
    this.#next = next;
    this.#before = before;
    this.#registry = registry;
  }

  /** `changed`: components that are others in the new release. */
  static async start(
    charts: ScriptedCharts,
    next: ScriptedCharts,
    { changed, ...options }: { readonly changed: readonly string[] } & Omit<SiteOptions, 'charts'>,
  ): Promise<ScriptedUpgrade> {
    const site = await scriptedSite({ ...options, charts });
    await installOn(site.context);
    const bundle = await scriptedBundle(join(site.context.scratch, 'next.bundle.tar'), {
      components: ['registry', ...Object.keys(next)],
      version: '1.1.0',
      key: parseSigningKey(generateKey().privatePem, 'a key'),
      values: Object.fromEntries(changed.map((name) => [name, { release: '1.1.0' }])),
    });
    const checkpoints = new MemoryStore('checkpoints');
    const registry = await serveRegistry({
      store: new OverlayStore([checkpoints, site.bundle.store, bundle.store]),
      access: readOnlyAccess,
      log: () => {},
      listen: { host: '127.0.0.1', port: 0 },
    });
    site.server.proxies.set(PROXY, `http://127.0.0.1:${registry.port}`);
    site.helm.charts = { registry: options.registry ?? REGISTRY_CHART, ...next };
    return new ScriptedUpgrade(site, bundle, { before: charts, checkpoints, registry });
  }

  /**
   * Upgrades as the command does; false where another has done it meanwhile. `before` is called before each phase that is run.
   */
  async run(before: (phase: string) => void = () => {}, signal = this.input.signal): Promise<boolean> {
    const { id } = await this.record();
    const from = { seed: SEED, checkpoints: this.#checkpoints };
    const run = await beginUpgrade({ ...this.input, signal }, from, id, { onWait: () => {} });
    if (run === undefined) return false;
    try {
      for (const { phase, state } of run.plan.phases) {
        if (state === 'done') continue;
        before(phase.id);
        await runUpgradePhase(run, phase, () => {});
      }
      before('commit');
      await commitUpgrade(run);
      return true;
    } catch (error) {
      if (error instanceof Killed) throw error;
      await run.context.journal.failed(error, run.lock.signal);
      if ((await settleFailure(run, error)).is === 'turned-back') await this.goBackUnder(run.lock);
      throw error;
    } finally {
      await run.lock.release();
    }
  }

  /** Goes back as the command does; `before` is called before each step. */
  async rollBack(before: (step: string) => void = () => {}): Promise<Returned> {
    const { client, random, signal } = this.input;
    const lock = await takeLock(client, { id: (await this.record()).id, signal });
    try {
      const { stored, record } = await planRollback({ client, random, signal });
      return await this.#back(lock, { ...stored, installation: record }, before);
    } finally {
      await lock.release();
    }
  }

  async goBackUnder(lock: Lock): Promise<Returned> {
    return await this.#back(lock, await readToGoBack(this.input.client, lock.signal), () => {});
  }

  async record(): Promise<Installation> {
    const stored = await readInstallation(this.input.client);
    if (stored === undefined) throw new Error('nothing is installed');
    return stored.installation;
  }

  async close(): Promise<void> {
    await this.#registry.close();
    await this.#next.store.close();
    await this.site.close();
  }

  async #back(
    lock: Lock,
    stored: Parameters<typeof beginGoingBack>[2],
    before: (step: string) => void,
  ): Promise<Returned> {
    const input: BackInput = { ...this.input, healthMs: 200 };
    this.site.helm.charts = { ...this.site.helm.charts, ...this.#before };
    const run = await beginGoingBack(input, lock, stored);
    try {
      for (const step of run.steps) {
        before(step.id);
        await step.run(() => {});
      }
      return run.result();
    } catch (error) {
      if (!(error instanceof Killed)) await run.context.journal.failed(error, lock.signal);
      throw error;
    }
  }
}
