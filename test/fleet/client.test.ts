import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { testCertificate } from '../../content/testing/certificate.ts';
import { runCli } from '../../installer/cli.ts';
import { clientTerminal } from '../../installer/terminal/client-terminal.ts';
import { API_VERSION, PROJECT_LABEL } from '../../platform/api/group.ts';
import { clientCommands } from '../../platform/client/commands.ts';
import { startTlsServer } from '../../platform/client/testing/tls-server.ts';
import { Acknowledgements } from '../../platform/hub/authority/acknowledgements.ts';
import { Authority } from '../../platform/hub/authority/authority.ts';
import { authorityRoutes } from '../../platform/hub/authority/authority-routes.ts';
import type { Route } from '../../platform/hub/http/route.ts';
import type { User } from '../../platform/hub/kubernetes.ts';
import type { Flaw } from '../../platform/hub/resources/objects.ts';
import { type ScriptedHub, startScriptedHub } from '../../platform/hub/testing/scripted-hub.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const KEY = `SHA256:${'k'.repeat(43)}`;
const OTHER_KEY = `SHA256:${'o'.repeat(43)}`;
const Failed = z.object({
  error: z.looseObject({ code: z.string(), subject: z.string(), remedy: z.string() }),
});
const Labels = z.record(z.string(), z.string());
const Stored = z.looseObject({ spec: z.looseObject({}), metadata: z.looseObject({}) });

const AUTHORITY = { namespace: 'skerry-system', name: 'skerry-hub-authority' };

/** The operations on the authority, which is made when somebody asks for it first. */
function authorityOf(client: KubeClient): Route[] {
  let opened: Authority | undefined;
  const options = { client, ...AUTHORITY, now: () => new Date(), signal: new AbortController().signal };
  const current = () => opened ?? assert.fail('not opened');
  return authorityRoutes({
    authority: {
      get set() {
        return current().set;
      },
      begin: async () => await current().begin(),
      end: async (known) => await current().end(known),
    },
    acknowledgements: new Acknowledgements(client),
    refresh: async () => {
      opened ??= await Authority.open(options);
      await opened.refresh();
    },
  });
}

const profile = (version: string, packs = ['podinfo']) =>
  JSON.stringify({
    name: 'base',
    version,
    variables: [
      { name: 'replicas', type: 'integer' },
      { name: 'greeting' },
      { name: 'password', sensitive: true },
    ],
    packs: packs.map((name) => ({ name, version: '6.9.0', digest: DIGEST })),
  });

describe('the commands of the client, on the real server of the hub', () => {
  let hub: ScriptedHub;
  let folder: string;
  let url: string;
  let permits: (user: User) => boolean;
  /** What the environment names. */
  let project: string;
  /** What is wrong with all that is written. */
  let flaws: readonly Flaw[];

  beforeEach(async () => {
    permits = () => true;
    project = 'payments';
    folder = await mkdtemp(join(tmpdir(), 'skerry-client-'));
    flaws = [];
    hub = await startScriptedHub({
      permits: (user) => permits(user),
      more: authorityOf,
      validate: async () => flaws,
    });
    hub.cluster.put({ apiVersion: 'v1', kind: 'Secret', metadata: AUTHORITY });
    hub.cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
    await hub.server.listen({ host: 'localhost', port: 0 });
    url = `https://localhost:${portOf(hub.server.server.address())}`;
    await writeFile(join(folder, 'ca.crt'), hub.ca);
  });
  afterEach(async () => {
    await hub.close();
    await rm(folder, { recursive: true });
  });

  /** Runs a command line; the terminal is none, so nobody can be asked. */
  async function run(line: string | readonly string[], input = '') {
    const args = typeof line === 'string' ? line.split(' ') : line;
    const [stdout, stderr] = [collector(), collector()];
    const stdin = new PassThrough();
    stdin.end(input);
    const console = {
      stdout,
      stderr,
      stdin,
      env: { XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, SKERRY_PROJECT: project },
    };
    const before = process.exitCode;
    const exit = await runCli(args, console, clientCommands(clientTerminal(console)));
    const code = exit || Number(process.exitCode ?? 0);
    process.exitCode = before;
    return { exit: code, out: stdout.text(), err: stderr.text() };
  }
  async function ok(line: string | readonly string[], input = ''): Promise<string> {
    const { exit, out, err } = await run(line, input);
    assert.equal(exit, 0, err);
    return out;
  }
  async function json(line: string, input = ''): Promise<unknown> {
    return JSON.parse(await ok(`${line} --output json`, input));
  }
  async function codeOf(line: string, input = ''): Promise<string> {
    const { exit, err } = await run(`${line} --output json`, input);
    assert.notEqual(exit, 0);
    const [last = ''] = err.trim().split('\n').slice(-1);
    return Failed.parse(JSON.parse(last)).error.code;
  }
  async function login(): Promise<void> {
    await ok(`login ${url} --token-stdin --ca ${folder}/ca.crt`, 'alice\n');
  }
  async function loginToProject(): Promise<void> {
    await login();
    hub.cluster.put(namespace('payments'));
  }
  const stored = (kind: string, name: string) =>
    Stored.parse(
      hub.cluster.objects.all().find((object) => object.kind === kind && object.metadata.name === name),
    );
  const specOf = (kind: string, name: string) => stored(kind, name).spec;
  const setStatus = (name: string, status: object, kind = 'Cluster') => {
    const { spec, metadata } = stored(kind, name);
    const labels = Labels.parse(metadata.labels ?? {});
    const { metadata: named, ...object } = reference(kind, name);
    hub.cluster.objects.replace({ ...object, metadata: { ...named, labels, generation: 1 }, spec, status });
  };

  describe('logging in', () => {
    test('keeps the token in a file that only its owner can read, and logging out deletes it', async () => {
      await login();
      const file = join(folder, 'skerry/hub.json');
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.ok(!(await readFile(file, 'utf8')).includes('alice'));
      assert.deepEqual(await json('whoami'), {
        url,
        version: '9.9.9',
        user: 'a user that the token does not name',
      });
      await ok('logout');
      assert.equal(await codeOf('whoami'), 'NOT_LOGGED_IN');
      assert.equal(await ok('logout'), 'nobody was logged in\n');
    });

    test('refuses a hub with another certificate, and a token that the hub does not know, and writes nothing', async () => {
      assert.equal(await codeOf(`login ${url} --token-stdin`, 'alice'), 'HUB_UNREACHABLE');
      const other = `SHA256:${'x'.repeat(43)}`;
      assert.equal(
        await codeOf(`login ${url} --token-stdin --ca-fingerprint ${other}`, 'alice'),
        'HUB_CERTIFICATE_UNKNOWN',
      );
      assert.equal(await codeOf(`login ${url} --token-stdin --ca ${folder}/ca.crt`, ''), 'LOGIN_INVALID');
      assert.equal(await codeOf(`login ${url} --ca ${folder}/ca.crt`), 'LOGIN_INVALID');
      assert.equal(await codeOf(`login http://localhost:1 --token-stdin`, 'alice'), 'USAGE');
      assert.equal(await codeOf('whoami'), 'NOT_LOGGED_IN');
    });

    test('knows the hub by the fingerprint of the key of a certificate that it shows', async () => {
      const door = await startTlsServer((_, response) => {
        const about = { version: '1', apiVersions: [], items: [] };
        response.end(JSON.stringify({ ...about, user: 'alice', groups: [], via: 'bearer', ways: ['token'] }));
      });
      try {
        const key = new X509Certificate(door.ca).publicKey.export({ type: 'spki', format: 'der' });
        const fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
        await ok(`login ${door.url} --token-stdin --ca-fingerprint ${fingerprint}`, 'alice');
        assert.match(await ok('whoami'), /Skerry 1/);
      } finally {
        await door.close();
      }
    });

    test('without a right still works: who is known has logged in', async () => {
      permits = () => false;
      await login();
      assert.equal(await codeOf('cluster list'), 'ACCESS_DENIED');
    });
  });

  test('a project is made, shown, given members, and deleted once somebody says yes', async () => {
    await login();
    await ok('project create payments --member user:alice=admin');
    assert.match(await ok('project list'), /payments/);
    assert.deepEqual(await json('project members payments --add group:ops=operator'), {
      members: [
        { subject: 'group:ops', role: 'operator' },
        { subject: 'user:alice', role: 'admin' },
      ],
    });
    await ok('project members payments --remove user:alice --yes');
    assert.match(await ok('project show payments'), /group:ops +operator/);
    assert.equal(await codeOf('project create payments'), 'OBJECT_EXISTS');
    assert.equal(await codeOf('project delete payments'), 'NOT_CONFIRMED');
    await ok('project show payments');
    await ok('project delete payments --yes');
    assert.equal(await codeOf('project show payments'), 'PROJECT_NOT_FOUND');
  });

  test('profiles are made in versions, compared, and kept while a cluster has them', async () => {
    await loginToProject();
    await ok('profile create -f -', profile('1.9.0'));
    await ok('profile create -f -', profile('1.10.0', ['podinfo', 'grafana']));
    assert.equal(await codeOf('profile create -f -', profile('1.9.0', ['grafana'])), 'OBJECT_EXISTS');
    assert.equal(await codeOf('profile create -f -', '{"name": "base"}'), 'OBJECT_FILE_INVALID');
    assert.equal(await codeOf('profile create -f -', profile('1.11.0', [])), 'OBJECT_INVALID');
    assert.match(await ok('profile show base'), /version +1\.10\.0/);
    const { differences } = z
      .object({ differences: z.array(z.looseObject({ field: z.string() })) })
      .parse(await json('profile diff base@1.9.0 base@1.10.0'));
    assert.deepEqual(
      differences.map(({ field }) => field),
      ['version', 'packs.grafana'],
    );
    await ok('cluster create edge-1 --profile base@1.9.0');
    assert.equal(await codeOf('profile delete base@1.9.0 --yes'), 'PROFILE_IN_USE');
    await ok('profile delete base@1.10.0 --yes');
    assert.equal(await codeOf('profile show base@1.10.0'), 'OBJECT_NOT_FOUND');
  });

  test('a cluster gets profiles with variables in their types, keeps them, and loses a profile only by name', async () => {
    await loginToProject();
    await ok('profile create -f -', profile('1.0.0'));
    await ok('profile create -f -', profile('1.1.0'));
    const args = '--set-variable replicas=3 --set-variable greeting=3 --set-secret password=shop/pass';
    await ok(`cluster create edge-1 --profile base@1.0.0 ${args}`);
    const variables = [
      { name: 'replicas', value: 3 },
      { name: 'greeting', value: '3' },
      { name: 'password', secret: { name: 'shop', key: 'pass' } },
    ];
    assert.deepEqual(specOf('Cluster', 'edge-1'), {
      profiles: [{ name: 'base', version: '1.0.0', variables }],
    });
    await ok('cluster use edge-1 base@1.1.0');
    assert.deepEqual(specOf('Cluster', 'edge-1'), {
      profiles: [{ name: 'base', version: '1.1.0', variables }],
    });
    for (const wrong of ['colour=red', 'replicas=many', 'password=open'])
      assert.equal(await codeOf(`cluster use edge-1 base@1.1.0 --set-variable ${wrong}`), 'VARIABLE_INVALID');
    assert.equal(await codeOf('cluster use edge-1 base@9.9.9'), 'OBJECT_NOT_FOUND');
    assert.equal(await codeOf('cluster unuse edge-1 base'), 'NOT_CONFIRMED');
    assert.deepEqual(specOf('Cluster', 'edge-1'), {
      profiles: [{ name: 'base', version: '1.1.0', variables }],
    });
    await ok('cluster unuse edge-1 base --yes');
    assert.deepEqual(specOf('Cluster', 'edge-1'), { profiles: [], policy: { allowEmpty: true } });
    await ok('cluster use edge-1 base@1.1.0');
    assert.deepEqual(specOf('Cluster', 'edge-1').policy, {});
    await ok('cluster unuse edge-1 base --yes');
    await ok('cluster pause edge-1');
    assert.equal(specOf('Cluster', 'edge-1').paused, true);
    await ok('cluster resume edge-1');
    assert.equal(specOf('Cluster', 'edge-1').paused, undefined);
    assert.equal(await codeOf('cluster delete edge-1'), 'NOT_CONFIRMED');
    await ok('cluster delete edge-1 --yes');
    assert.equal(await codeOf('cluster show edge-1'), 'OBJECT_NOT_FOUND');
  });

  test('an agent is let in by its key and by no other, and locked out again', async () => {
    await loginToProject();
    await ok('cluster create edge-1');
    assert.equal(await codeOf('cluster accept edge-1 --yes'), 'AGENT_NOT_ASKING');
    setStatus('edge-1', { phase: 'Enrolling', request: { key: KEY, at: '2030-01-01T00:00:00Z' } });
    assert.equal(await codeOf('cluster accept edge-1'), 'NOT_CONFIRMED');
    assert.equal(await codeOf(`cluster accept edge-1 --key ${OTHER_KEY}`), 'AGENT_KEY_DIFFERENT');
    assert.equal(specOf('Cluster', 'edge-1').agent, undefined);
    await ok(`cluster accept edge-1 --key ${KEY}`);
    assert.deepEqual(specOf('Cluster', 'edge-1').agent, { key: KEY });
    await ok('cluster revoke edge-1 --yes');
    assert.deepEqual(specOf('Cluster', 'edge-1').agent, {});
  });

  test('what a cluster is like is shown to people and to programs', async () => {
    await loginToProject();
    await ok('cluster create edge-1 --label site=north');
    const at = '2030-01-01T00:00:00Z';
    setStatus('edge-1', {
      phase: 'Degraded',
      desired: { number: 4, digest: DIGEST, at },
      applied: { number: 3, digest: DIGEST, at },
      layers: [
        { name: 'podinfo', version: '6.9.0', digest: DIGEST, state: 'failed', code: 'HEALTH_TIMEOUT' },
      ],
      drift: {
        count: 0,
        top: [
          {
            layer: 'podinfo',
            object: 'Deployment.apps podinfo/podinfo',
            what: 'changed',
            fields: ['.spec.replicas'],
            by: 'kubectl-scale',
            at,
            state: 'corrected',
          },
        ],
      },
    });
    assert.match(await ok('cluster list'), /edge-1 +Degraded +- +0\/1 +- +0 +3->4/);
    const shown = await ok('cluster show edge-1');
    assert.match(shown, /podinfo +6\.9\.0 +failed .*HEALTH_TIMEOUT/);
    assert.match(shown, /kubectl-scale +corrected/);
    assert.match(await ok('cluster drift edge-1'), /kubectl-scale +corrected/);
    const asJson = await json('cluster show edge-1');
    assert.deepEqual(parse(await ok('cluster show edge-1 --output yaml')), asJson);
    const { exit, out } = await run('fleet status --output json');
    assert.equal(exit, 1);
    const { unhealthy, drifted } = JSON.parse(out);
    assert.deepEqual([unhealthy, drifted], [['payments/edge-1'], 0]);
  });

  test('waiting ends when it is true, and says after its time what it waited for', async () => {
    await loginToProject();
    await ok('cluster create edge-1');
    const at = '2030-01-01T00:00:00Z';
    const mark = { number: 1, digest: DIGEST, at };
    setStatus('edge-1', { phase: 'Applying', desired: mark });
    assert.equal(await codeOf('cluster wait edge-1 --timeout 1'), 'WAIT_TIMEOUT');
    // Ready, but for a spec from before.
    setStatus('edge-1', { phase: 'Ready', desired: mark, applied: mark, observedGeneration: 0 });
    assert.equal(await codeOf('cluster wait edge-1 --timeout 1'), 'WAIT_TIMEOUT');
    const waiting = run('cluster wait edge-1 --timeout 60');
    setStatus('edge-1', { phase: 'Ready', desired: mark, applied: mark, completedAfterSeconds: 7 });
    assert.equal((await waiting).exit, 0);
    await ok('cluster delete edge-1 --yes');
    await ok('cluster wait edge-1 --for deleted --timeout 60');
  });

  test('a rollout begins, pauses, and goes back to the version from before', async () => {
    await loginToProject();
    await ok('profile create -f -', profile('1.0.0'));
    await ok('profile create -f -', profile('1.1.0'));
    await ok('cluster create edge-1 --profile base@1.0.0 --label tier=test');
    await ok('fleet rollout start base@1.1.0 --selector tier=test --batch 2 --max-failures 1');
    const spec = { profile: 'base', selector: { tier: 'test' }, batch: 2, maxFailures: 1 };
    assert.deepEqual(specOf('Rollout', 'base-1.1.0'), { ...spec, version: '1.1.0' });
    await ok('fleet rollout pause base-1.1.0');
    assert.equal(specOf('Rollout', 'base-1.1.0').paused, true);
    await ok('fleet rollout resume base-1.1.0');
    assert.equal(specOf('Rollout', 'base-1.1.0').paused, undefined);
    const counts = { total: 2, updated: 2, ready: 0, failed: 2, offline: 0 };
    setStatus('base-1.1.0', { phase: 'Stopped', ...counts }, 'Rollout');
    assert.equal(await codeOf('fleet rollout resume base-1.1.0'), 'ROLLOUT_STOPPED');
    await ok('fleet rollout resume base-1.1.0 --max-failures 2');
    assert.equal(specOf('Rollout', 'base-1.1.0').maxFailures, 2);
    await ok('fleet rollout resume base-1.1.0 --max-failures 1');
    await ok('fleet rollout rollback base-1.1.0 --yes');
    assert.equal(specOf('Rollout', 'base-1.1.0').paused, true);
    assert.deepEqual(specOf('Rollout', 'base-1.0.0'), { ...spec, version: '1.0.0' });
    assert.equal(
      await codeOf('fleet rollout start base@1.1.0 --name again --wait --timeout 1'),
      'WAIT_TIMEOUT',
    );
    await ok('fleet rollout stop again --yes');
    await ok('fleet rollout start base@1.1.0');
    assert.match(await ok('fleet rollout list'), /base-1\.1\.0-2/);
    assert.equal(await codeOf('fleet rollout rollback base-1.1.0-2 --yes --to 7.0.0'), 'OBJECT_NOT_FOUND');
    await ok('fleet rollout stop base-1.1.0-2 --yes');
    assert.equal(await codeOf('fleet rollout show base-1.1.0-2'), 'OBJECT_NOT_FOUND');
    assert.equal(await codeOf('fleet rollout rollback base-1.1.0-2 --yes'), 'OBJECT_NOT_FOUND');
  });

  test('the authority of the agents is rotated by two commands, each of which says first what it will do', async () => {
    await loginToProject();
    await ok('cluster create ship');
    hub.cluster.objects.replace({
      ...reference('Cluster', 'ship'),
      spec: { agent: { key: KEY } },
      status: { phase: 'Unknown' },
    });
    const secret = () =>
      JSON.stringify(hub.cluster.objects.find(`Secret ${AUTHORITY.namespace}/${AUTHORITY.name}`)?.data);
    const parts = z.looseObject({
      rotating: z.boolean(),
      authorities: z.array(z.unknown()),
      plan: z.string().optional(),
    });
    const state = async (line: string) => {
      const { rotating, authorities, plan } = parts.parse(await json(line));
      return [rotating, authorities.length, plan];
    };
    assert.equal(await codeOf('fleet authority retire --yes'), 'AUTHORITY_NOT_ROTATING');
    assert.deepEqual(await state('fleet authority rotate --plan'), [false, 1, 'rotate']);
    assert.deepEqual(await state('fleet authority rotate'), [true, 2, undefined]);
    assert.equal(await codeOf('fleet authority rotate --wait --timeout 0'), 'WAIT_TIMEOUT');
    const before = secret();
    assert.equal(await codeOf('fleet authority retire --yes'), 'AUTHORITY_NOT_ACKNOWLEDGED');
    assert.equal(await codeOf('fleet authority retire --leave payments/ship'), 'NOT_CONFIRMED');
    assert.deepEqual(await state('fleet authority retire --plan --leave payments/ship'), [true, 2, 'retire']);
    assert.match(await ok('fleet authority show'), /payments\/ship +silent/);
    assert.equal(secret(), before);
    assert.deepEqual(await state('fleet authority retire --leave payments/ship --yes'), [
      false,
      1,
      undefined,
    ]);
  });

  test('a rollout over several versions only goes back to one that is named', async () => {
    await loginToProject();
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await ok('profile create -f -', profile(version));
    await ok('cluster create edge-1 --profile base@1.0.0');
    await ok('cluster create edge-2 --profile base@1.1.0');
    await ok('fleet rollout start base@1.2.0');
    assert.equal(await codeOf('fleet rollout rollback base-1.2.0 --yes'), 'ROLLBACK_UNKNOWN');
    assert.equal(specOf('Rollout', 'base-1.2.0').paused, undefined);
    await ok('fleet rollout rollback base-1.2.0 --yes --to 1.0.0');
    assert.equal(specOf('Rollout', 'base-1.2.0').paused, true);
    assert.equal(specOf('Rollout', 'base-1.0.0').version, '1.0.0');
  });

  test('what is done in a project is done in the one that is named, and in none where none is', async () => {
    await loginToProject();
    await ok('cluster create edge-1');
    project = '';
    for (const line of ['cluster list', 'cluster create edge-2', 'profile list', 'fleet rollout list'])
      assert.equal(await codeOf(line), 'PROJECT_UNNAMED', line);
    assert.ok(!hub.cluster.names().some((name) => name.endsWith('edge-2')));
    assert.match(await ok('cluster list --project payments'), /edge-1/);
    assert.match(await ok('cluster list --all-projects'), /edge-1/);
    await ok(`login ${url} --token-stdin --ca ${folder}/ca.crt --project payments`, 'alice\n');
    assert.match(await ok('cluster list'), /edge-1/);
  });

  test('applying a file twice changes nothing the second time, and never what the file does not name', async () => {
    await loginToProject();
    const file = [
      {
        apiVersion: API_VERSION,
        kind: 'Cluster',
        metadata: { name: 'edge-1' },
        spec: { profiles: [{ name: 'base', version: '1.0.0' }] },
      },
      {
        apiVersion: API_VERSION,
        kind: 'ClusterProfile',
        metadata: { name: 'base-1.0.0' },
        spec: JSON.parse(profile('1.0.0')),
      },
    ]
      .map((object) => JSON.stringify(object))
      .join('\n---\n');
    const results = async (more = '') =>
      z
        .object({ items: z.array(z.looseObject({ name: z.string(), result: z.string() })) })
        .parse(await json(`apply -f -${more}`, file))
        .items.map(({ name, result }) => `${name} ${result}`);
    assert.deepEqual(await results(' --dry-run'), ['base-1.0.0 created', 'edge-1 created']);
    assert.equal(await codeOf('cluster show edge-1'), 'OBJECT_NOT_FOUND');
    assert.deepEqual(await results(), ['base-1.0.0 created', 'edge-1 created']);
    await ok(`cluster accept edge-1 --key ${KEY}`);
    assert.deepEqual(await results(), ['base-1.0.0 unchanged', 'edge-1 unchanged']);
    await ok('cluster unuse edge-1 base --yes');
    assert.deepEqual(await results(), ['base-1.0.0 unchanged', 'edge-1 changed']);
    assert.deepEqual(specOf('Cluster', 'edge-1').agent, { key: KEY });
    for (const wrong of [
      '',
      'a: [',
      '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "spec": {}}',
    ])
      assert.equal(await codeOf('apply -f -', wrong), 'OBJECT_FILE_INVALID');
  });

  test('what the hub finds wrong in a file is named at its line, and a dry run changes nothing', async () => {
    await loginToProject();
    const file = join(folder, 'all.yaml');
    const text = `apiVersion: ${API_VERSION}\nkind: Cluster\nmetadata:\n  name: edge-1\nspec:\n  paused: true\n`;
    await writeFile(file, text);
    flaws = [{ path: 'spec.paused', message: 'not now', code: 'FIELD_INVALID' }];
    for (const option of [' --dry-run', '']) {
      const { exit, err } = await run(`apply -f ${file}${option}`);
      assert.equal(exit, 2, err);
      assert.match(err, /all\.yaml:6:3: spec\.paused: not now/);
    }
    flaws = [{ path: 'spec.profiles', message: 'none yet', code: 'PROFILE_NOT_FOUND', isWaitedFor: true }];
    const { exit, out, err } = await run(`apply -f ${file} --dry-run`);
    assert.equal(exit, 0, err);
    assert.match(out, /Cluster payments\/edge-1 created \(dry run\)/);
    assert.match(err, /to come: PROFILE_NOT_FOUND spec\.profiles: none yet/);
    assert.equal((await run('cluster show edge-1')).exit, 1);
  });

  test('watching shows what is there and goes on with what changes', async () => {
    await loginToProject();
    await ok('cluster create edge-1');
    const [stdout, stderr] = [collector(), collector()];
    const env = { XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder };
    const console = { stdout, stderr, stdin: new PassThrough(), env };
    const stop = new AbortController();
    const terminal = {
      ...clientTerminal(console),
      interruptible: async <T>(_: string, work: (signal: AbortSignal) => Promise<T>) =>
        await work(stop.signal),
    };
    const args = 'cluster list --watch --project payments --output json'.split(' ');
    const watching = runCli(args, console, clientCommands(terminal));
    const line = async (count: number) => {
      while (stdout.text().split('\n').length <= count) await stdout.written();
      return JSON.parse(stdout.text().split('\n')[count - 1] ?? '');
    };
    assert.equal((await line(1)).object.name, 'edge-1');
    await ok('cluster pause edge-1');
    assert.equal((await line(2)).object.spec.paused, true);
    await ok('cluster delete edge-1 --yes');
    let at = 3;
    while ((await line(at)).type !== 'deleted') at++;
    stop.abort(new Error('enough'));
    await watching;
  });

  test('the manifest of an enrollment goes to the terminal, or into a file that only its owner can read', async () => {
    await loginToProject();
    const answer = {
      token: 't',
      expiresAt: '2030-01-01T00:00:00Z',
      manifest: 'kind: Secret\n',
      command: 'kubectl',
    };
    let asked: unknown;
    const door = await startTlsServer((request, response) => {
      void text(request).then((body) => {
        asked = {
          method: request.method,
          url: request.url,
          body: body === '' ? undefined : JSON.parse(body),
        };
        response.end(
          JSON.stringify(request.method === 'POST' ? answer : { version: '1', apiVersions: [], items: [] }),
        );
      });
    });
    try {
      await writeFile(join(folder, 'door.crt'), door.ca);
      await ok(`login ${door.url} --token-stdin --ca ${folder}/door.crt`, 'alice');
      assert.equal(await ok('cluster enroll edge-1 --ttl 600 --auto-accept'), answer.manifest);
      const url = '/api/v1/projects/payments/clusters/edge-1/enrollments';
      assert.deepEqual(asked, { method: 'POST', url, body: { ttlSeconds: 600, autoAccept: true } });
      assert.equal(await ok('cluster enroll edge-1 --command'), 'kubectl\n');
      const file = join(folder, 'edge-1.yaml');
      await ok(`cluster enroll edge-1 --file ${file}`);
      assert.equal(await readFile(file, 'utf8'), answer.manifest);
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.equal(await codeOf(`cluster enroll edge-1 --file ${file}`), 'OBJECT_FILE_INVALID');
    } finally {
      await door.close();
    }
  });

  test('a write whose answer was lost is sent again and done once', async () => {
    await login();
    const { cert, key } = await testCertificate();
    let lost = 0;
    // Stands before the hub: what changes something gets through, and the first answer to it does not come back.
    const proxy = createServer({ cert, key }, async (request, response) => {
      const answer = await hub.server.inject({
        method: methodOf(request.method),
        url: request.url ?? '/',
        headers: { ...request.headers, 'accept-encoding': 'identity' },
        payload: await text(request),
      });
      const id = `${request.method} ${request.url}`;
      if (request.method !== 'GET' && !seen.has(id)) {
        seen.add(id);
        lost++;
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type'] ?? '') });
      response.end(answer.rawPayload);
    });
    const seen = new Set<string>();
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      await writeFile(join(folder, 'proxy.crt'), cert);
      const address = `https://127.0.0.1:${portOf(proxy.address())}`;
      await ok(`login ${address} --token-stdin --ca ${folder}/proxy.crt`, 'alice');
      await ok('project create payments --member user:alice=admin');
      await ok('profile create -f -', profile('1.0.0'));
      await ok('cluster create edge-1');
      await ok('cluster use edge-1 base@1.0.0');
      assert.deepEqual(specOf('Cluster', 'edge-1'), { profiles: [{ name: 'base', version: '1.0.0' }] });
      await ok('cluster delete edge-1 --yes');
      assert.equal(await codeOf('cluster show edge-1'), 'OBJECT_NOT_FOUND');
      assert.equal(lost, 5);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

function reference(kind: string, name: string) {
  return { apiVersion: API_VERSION, kind, metadata: { name, namespace: 'payments' } };
}

function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [PROJECT_LABEL]: 'true' } } };
}

function methodOf(method = '') {
  const known = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).find((name) => name === method);
  assert.ok(known);
  return known;
}

function portOf(address: AddressInfo | string | null): number {
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

function collector() {
  const chunks: string[] = [];
  let next = Promise.withResolvers<void>();
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      next.resolve();
      next = Promise.withResolvers();
      done();
    },
  });
  return Object.assign(stream, { text: () => chunks.join(''), written: async () => await next.promise });
}
