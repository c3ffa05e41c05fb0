import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { parseManifest } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { assertWhole } from '../whole-content.ts';
import { testAccess } from './access.ts';
import type { ServedStore } from './served-store.ts';
import { openSite, type Runner, type Site } from './site.ts';

const PLAIN = '--plain-http';
/** Helm takes no chart of more than 100 MiB. */
const LARGE_CHART_BYTES = 95_000_000;
const CONFIG_MAP = `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-greeting }
data: { greeting: {{ .Values.greeting }} }
`;

let site: Site<'helm'>;
let registry: ServedStore;
let run: Runner;
const helm = (...args: string[]) => run(site.programs.helm, ...args);
const at = (name: string, served = registry) => `oci://${served.host}/${name}`;

before(async () => {
  site = await openSite(['helm']);
  registry = site.registry;
  run = await site.newcomer();
});

after(async () => await site?.[Symbol.asyncDispose]());

interface ChartOptions {
  readonly version?: string;
  /** Bytes of a file in it that does not get smaller. */
  readonly large?: number | undefined;
  /** The address of a repository with the chart `base`. */
  readonly base?: string;
}

/** Packs a chart; gives the path of its archive. */
async function pack(name: string, { version = '1.0.0', large, base }: ChartOptions = {}): Promise<string> {
  const folder = join(run.home, `source-${name}-${version}`);
  await mkdir(join(folder, 'templates'), { recursive: true });
  const dependency = `dependencies: [{ name: base, version: 1.0.0, repository: "${base}" }]`;
  const lines = [
    'apiVersion: v2',
    `name: ${name}`,
    `version: ${version}`,
    base === undefined ? '' : dependency,
  ];
  await writeFile(join(folder, 'Chart.yaml'), lines.join('\n'));
  await writeFile(join(folder, 'values.yaml'), 'greeting: hello\n');
  await writeFile(join(folder, 'templates', 'config-map.yaml'), CONFIG_MAP);
  if (large !== undefined) await writeFile(join(folder, 'large'), randomBytes(large));
  if (base !== undefined) await helm('dependency', 'update', PLAIN, folder);
  await helm('package', folder);
  return join(run.home, `${name}-${version}.tgz`);
}

/** Pulls a chart into a folder of its own; gives the bytes of its archive. */
async function pull(name: string, version: string): Promise<Buffer> {
  const folder = join(run.home, `pulled-${name}-${version}`);
  await mkdir(folder);
  await helm('pull', at(`charts/${name}`), '--version', version, PLAIN, '-d', folder);
  return await readFile(join(folder, `${name}-${version}.tgz`));
}

describe('helm', () => {
  for (const [name, large] of [
    ['small', undefined],
    ['large', LARGE_CHART_BYTES],
  ] as const) {
    test(`pushes a ${name} chart and pulls it, byte for byte`, async () => {
      const archive = await pack(name, { large });
      await helm('push', archive, at('charts'), PLAIN);
      const bytes = await readFile(archive);
      const manifest = await registry.store.readManifest(`charts/${name}`, '1.0.0');
      assert.ok(manifest !== undefined);
      const { config, blobs } = parseManifest(manifest, name);
      assert.equal(config?.mediaType, MediaType.helmConfig);
      assert.ok(blobs.some(({ digest }) => digest === digestOf(bytes)));
      await assertWhole(registry.store, `charts/${name}`, manifest.digest);
      assert.ok(bytes.equals(await pull(name, '1.0.0')));
    });
  }

  test('shows, renders and unpacks a chart where it is, by version, by digest and by range', async () => {
    for (const version of ['1.0.0', '1.4.0', '2.0.0-rc.1+build.7'])
      await helm('push', await pack('shown', { version }), at('charts'), PLAIN);
    assert.match(
      await helm('show', 'chart', at('charts/shown'), '--version', '^1.0.0', PLAIN),
      /version: 1\.4\.0/,
    );
    assert.match(await helm('show', 'values', at('charts/shown'), PLAIN), /greeting: hello/);
    // Tags have no plus sign, so helm writes an underscore.
    assert.deepEqual(await registry.store.listTags('charts/shown'), ['1.0.0', '1.4.0', '2.0.0-rc.1_build.7']);
    const exact = ['--version', '2.0.0-rc.1+build.7', PLAIN];
    assert.match(
      await helm('show', 'chart', at('charts/shown'), ...exact),
      /version: 2\.0\.0-rc\.1\+build\.7/,
    );
    const manifest = await registry.store.readManifest('charts/shown', '1.0.0');
    const rendered = await helm(
      'template',
      'one',
      `${at('charts/shown')}@${manifest?.digest}`,
      PLAIN,
      '--set',
      'greeting=moin',
    );
    assert.match(rendered, /name: one-greeting/);
    assert.match(rendered, /greeting: moin/);
    await helm('pull', at('charts/shown'), '--version', '1.0.0', PLAIN, '--untar', '--untardir', 'unpacked');
    assert.match(await readFile(join(run.home, 'unpacked', 'shown', 'values.yaml'), 'utf8'), /hello/);
  });

  test('finds what a chart depends on', async () => {
    await helm('push', await pack('base'), at('charts'), PLAIN);
    const archive = await pack('above', { base: at('charts') });
    await helm('push', archive, at('charts'), PLAIN);
    const rendered = await helm('template', 'two', at('charts/above'), '--version', '1.0.0', PLAIN);
    assert.match(rendered, /# Source: above\/charts\/base\/templates\/config-map\.yaml/);
  });

  test('pushes the provenance file of a chart and pulls it', async () => {
    const archive = await pack('signed');
    await writeFile(`${archive}.prov`, 'a signature');
    await helm('push', archive, at('charts'), PLAIN);
    await mkdir(join(run.home, 'with-provenance'));
    await helm('pull', at('charts/signed'), '--version', '1.0.0', '--prov', PLAIN, '-d', 'with-provenance');
    const provenance = await readFile(join(run.home, 'with-provenance', 'signed-1.0.0.tgz.prov'), 'utf8');
    assert.equal(provenance, 'a signature');
  });

  testAccess(() => site, {
    checksLogin: true,
    login: (as, host, { user, password }) => {
      const login = ['registry', 'login', PLAIN, '-u', user, '--password-stdin', host];
      return as.with({ input: password })(site.programs.helm, ...login);
    },
    push: async (as, served, repository) => {
      const archive = await pack(basename(repository));
      await as(site.programs.helm, 'push', archive, at(dirname(repository), served), PLAIN);
    },
    pull: (as, served, repository) =>
      as(site.programs.helm, 'pull', at(repository, served), '--version', '1.0.0', PLAIN),
    assertPushed: async ({ store }, repository) => {
      const manifest = await store.readManifest(repository, '1.0.0');
      assert.ok(manifest !== undefined);
      await assertWhole(store, repository, manifest.digest);
    },
  });
});
