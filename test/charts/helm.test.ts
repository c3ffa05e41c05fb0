import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createHelm, type Helm } from '../../apply/helm/helm.ts';
import { runHelm } from '../../apply/helm/helm-process.ts';
import { parseManifests } from '../../apply/manifest.ts';
import { isSkerryError } from '../../content/error.ts';
import { helmProgram } from './helm-program.ts';

const CHART = join(import.meta.dirname, '../../apply/fixtures/chart');
const tiny = { name: 'tiny', namespace: 'default', chart: CHART };

describe('helm', () => {
  let home: string;
  let program: string;
  let helm: Helm;
  before(async () => {
    program = await helmProgram();
    // Blanks and dollars in the path.
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

  test('a cluster that does not answer is an error of its own', async () => {
    const lost = createHelm({ program, home, environment: {}, kubeconfig: '/dev/null' });
    await assert.rejects(lost.upgrade(tiny), (error) => isSkerryError(error, 'CLUSTER_UNREACHABLE'));
  });

  test('an abort ends helm', { timeout: 30_000 }, async () => {
    // An API server that never answers.
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const kubeconfig = join(home, 'silent.kubeconfig');
    const cluster = { server: `http://127.0.0.1:${address.port}` };
    const context = { cluster: 'silent', user: 'silent' };
    const config = {
      clusters: [{ name: 'silent', cluster }],
      users: [{ name: 'silent', user: {} }],
      contexts: [{ name: 'silent', context }],
      'current-context': 'silent',
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    const controller = new AbortController();
    const rendering = helm.template({ ...tiny, kubeconfig, signal: controller.signal });
    await once(server, 'connection');
    const reason = new Error('stop');
    controller.abort(reason);
    await assert.rejects(rendering, (error) => error === reason);
    server.close();
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
