import assert from 'node:assert/strict';
import { z } from 'zod';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { failing, skerry } from '../install/installer-run.ts';
import type { StickFixture } from '../install/stick.ts';
import { ensureReleases, type ReleaseVersion } from './releases.ts';
import { makeSiteObjects, readSiteObjects } from './site-objects.ts';

const Pods = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({
        name: z.string(),
        uid: z.string(),
        labels: z.record(z.string(), z.string()),
      }),
      status: z.looseObject({
        containerStatuses: z.array(z.looseObject({ restartCount: z.number() })).optional(),
      }),
    }),
  ),
});
const Status = z.looseObject({
  healthy: z.boolean(),
  installation: z.looseObject({
    state: z.string(),
    release: z.looseObject({ version: z.string() }),
    upgrade: z.unknown().optional(),
  }),
});
const Times = z.looseObject({
  durationMs: z.number().optional(),
  times: z.array(z.object({ id: z.string(), durationMs: z.number() })),
});

/** A cluster with the platform, objects of its users, and sticks of releases. */
export class UpgradeSite {
  readonly cluster: Cluster;
  readonly stick: (version: ReleaseVersion) => StickFixture;
  readonly #objects: Record<string, unknown>;

  private constructor(
    cluster: Cluster,
    stick: (version: ReleaseVersion) => StickFixture,
    objects: Record<string, unknown>,
  ) {
    this.cluster = cluster;
    this.stick = stick;
    this.#objects = objects;
  }

  static async start(name: string, versions: readonly ReleaseVersion[]): Promise<UpgradeSite> {
    await ensureHost({ install: true, groups: ['cluster', 'build', 'tools'] });
    const stick = await ensureReleases(versions);
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    const cluster = await startCluster({ name, programs });
    try {
      const first = stick(versions[0] ?? '1.0.0');
      await skerry(cluster, first, ['install', first.folder, '--key', first.publicKeyPath]);
      await makeSiteObjects(cluster);
      return new UpgradeSite(cluster, stick, await readSiteObjects(cluster));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Upgrades and tells what each step took, in milliseconds. */
  async upgrade(version: ReleaseVersion): Promise<Record<string, number>> {
    const stick = this.stick(version);
    const said = await skerry(this.cluster, stick, [
      ...['upgrade', stick.folder, '--key', stick.publicKeyPath],
      ...['--yes', '--output', 'json'],
    ]);
    return timesIn(said);
  }

  /** Expects that it does not go through; gives the codes that were told. */
  async failingUpgrade(version: ReleaseVersion): Promise<readonly string[]> {
    const stick = this.stick(version);
    const args = ['upgrade', stick.folder, '--key', stick.publicKeyPath, '--yes'];
    for (;;) {
      const { codes, output } = await failing(this.cluster, stick, args);
      assert.ok(codes.length > 0, output);
      // On a machine that is busy with something else a lease may run out: running it again goes on.
      if (codes.at(-1) !== 'LOCK_LOST') return codes;
    }
  }

  /** By the program of a stick, which has to be somewhere; nothing of it is read. */
  async rollback(by: ReleaseVersion): Promise<Record<string, number>> {
    return timesIn(await skerry(this.cluster, this.stick(by), ['rollback', '--yes', '--output', 'json']));
  }

  /** Just this release runs, healthy, and what users have stated is as it was. */
  async assertRuns(version: string, by: ReleaseVersion): Promise<void> {
    const said = await skerry(this.cluster, this.stick(by), ['status', '--output', 'json']);
    const { healthy, installation } = Status.parse(JSON.parse(said));
    assert.deepEqual(
      [healthy, installation.state, installation.release.version, installation.upgrade],
      [true, 'installed', version, undefined],
    );
    assert.deepEqual(await readSiteObjects(this.cluster), this.#objects);
  }

  /** The pods of an app, each with how often it was restarted. */
  async pods(label: string, value: string): Promise<string[]> {
    const { items } = Pods.parse(await this.cluster.api.get('/api/v1/namespaces/skerry-system/pods'));
    return items
      .filter(({ metadata }) => metadata.labels[label] === value)
      .map(({ metadata, status }) => `${metadata.uid} ${status.containerStatuses?.[0]?.restartCount}`)
      .sort();
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
  }
}

function timesIn(text: string): Record<string, number> {
  const { times } = Times.parse(JSON.parse(text));
  return Object.fromEntries(times.map(({ id, durationMs }) => [id, durationMs]));
}
