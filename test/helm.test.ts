import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { findImages } from '../apply/find-images.ts';
import { createHelm, type Helm } from '../apply/helm.ts';
import { runHelm } from '../apply/helm-process.ts';
import { parseManifests } from '../apply/manifest.ts';
import { isSkerryError } from '../content/error.ts';
import { helmProgram } from './helm-program.ts';

const CHART = join(import.meta.dirname, '../apply/fixtures/chart');
const FILTER = join(import.meta.dirname, '../apply/fixtures/rewrite images.ts');
const tiny = { name: 'tiny', namespace: 'default', chart: CHART };

describe('helm', () => {
  let home: string;
  let program: string;
  let helm: Helm;
  before(async () => {
    program = await helmProgram();
    // Blanks and dollars in the path: helm splits and expands the command lines of its plugins.
    home = await mkdtemp(join(tmpdir(), 'skerry $HOME helm-'));
    helm = createHelm({
      program,
      home,
      environment: { PATH: process.env.PATH, HELM_NAMESPACE: 'elsewhere', HELM_DEBUG: '1' },
    });
  });
  after(() => rm(home, { recursive: true, force: true }));

  test('the version is one of Helm 4', async () => {
    assert.match(await helm.version(), /^v4/);
  });

  test('a program that is none, or not there, is named', async () => {
    const missing = createHelm({ program: join(home, 'helm'), home, environment: {} });
    await assert.rejects(
      missing.version(),
      (error) => isSkerryError(error, 'HELM_NOT_FOUND') && error.subject === join(home, 'helm'),
    );
    const other = createHelm({ program: '/bin/true', home, environment: {} });
    await assert.rejects(other.version(), (error) => isSkerryError(error, 'HELM_UNSUPPORTED'));
  });

  test('a chart renders with the values, versions and namespace that were given', async () => {
    const text = await helm.template({
      ...tiny,
      namespace: 'there',
      values: { replicas: 3, secret: 'hidden' },
      includeCrds: true,
    });
    const objects = parseManifests(text, 'tiny');
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ['CustomResourceDefinition', 'Secret', 'Deployment', 'Job'],
    );
    assert.deepEqual(objects.find(({ kind }) => kind === 'Secret')?.stringData, {
      secret: 'hidden',
      mode: 'none',
    });
  });

  const broken: [string, Record<string, unknown>, string][] = [
    ['a template that fails', { fail: 'not like this' }, 'tiny/templates/web.yaml:31'],
    ['a result that is no YAML', { broken: 'a: b: c' }, 'tiny/templates/web.yaml'],
    ['values that the schema refuses', { replicas: 'many' }, 'replicas'],
  ];
  for (const [what, values, place] of broken) {
    test(`${what} is an error that says where`, async () => {
      await assert.rejects(helm.template({ ...tiny, values }), (error) => {
        assert.ok(isSkerryError(error, 'HELM_RENDER_FAILED'), String(error));
        assert.ok(error.detail?.includes(place), String(error.detail));
        return true;
      });
    });
  }

  test('a chart that is not there is an error, and helm does not look for it in the network', async () => {
    await assert.rejects(helm.template({ ...tiny, chart: 'nowhere/tiny' }), (error) =>
      isSkerryError(error, 'HELM_RENDER_FAILED'),
    );
  });

  test('the post-renderer gets everything, hooks too, and what it writes counts', async () => {
    const map = join(home, 'map.json');
    const images = {
      'registry.example/team/web:1.0': 'localhost:31999/registry.example/team/web:1.0',
      'registry.example/team/hook:1.0': 'localhost:31999/registry.example/team/hook:1.0',
    };
    await writeFile(map, JSON.stringify(images));
    const text = await helm.template({ ...tiny, postRenderer: [process.execPath, FILTER, map] });
    const found = findImages(parseManifests(text, 'tiny')).map(
      ({ object, reference }) => `${object} ${reference}`,
    );
    assert.deepEqual(found, [
      'Deployment.apps tiny localhost:31999/registry.example/team/web:1.0',
      'Job.batch tiny-hook localhost:31999/registry.example/team/hook:1.0',
    ]);
    assert.match(text, /# the comment stays/);
    assert.match(text, /# Source: tiny\/templates\/hook.yaml/);
  });

  test('what a failing post-renderer said is told, though helm keeps it back', async () => {
    await assert.rejects(
      helm.template({ ...tiny, postRenderer: [process.execPath, FILTER, join(home, 'no-map.json')] }),
      (error) => {
        assert.ok(isSkerryError(error, 'HELM_FAILED'), String(error));
        assert.ok(error.detail?.includes('The image map cannot be read'), String(error.detail));
        return true;
      },
    );
  });

  test('a cluster that does not answer is an error of its own', async () => {
    const lost = createHelm({ program, home, environment: {}, kubeconfig: '/dev/null' });
    await assert.rejects(lost.upgrade(tiny), (error) => isSkerryError(error, 'CLUSTER_UNREACHABLE'));
  });

  test('an abort ends helm together with what it started', { timeout: 30_000 }, async () => {
    const controller = new AbortController();
    const pidFile = join(home, 'pid');
    const stuck = `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`;
    const postRenderer = [process.execPath, '-e', stuck];
    const rendering = helm.template({ ...tiny, postRenderer, signal: controller.signal });
    const pid = Number(await fileText(pidFile));
    const reason = new Error('stop');
    controller.abort(reason);
    await assert.rejects(rendering, (error) => error === reason);
    await ended(pid);
  });

  test('the caller’s own helm settings do not reach helm', async () => {
    const { stdout } = await runHelm(
      { program, home, environment: { HELM_NAMESPACE: 'elsewhere', HELM_DEBUG: '1' } },
      { args: ['env'] },
    );
    assert.match(stdout, /HELM_NAMESPACE="default"/);
    assert.match(stdout, /HELM_DEBUG="false"/);
    assert.ok(stdout.includes(`HELM_PLUGINS="${home}/plugins"`), stdout);
  });
});

async function fileText(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '') return text;
    await setTimeout(20);
  }
}

async function ended(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await setTimeout(20);
}
