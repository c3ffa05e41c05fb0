import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Parser } from 'tar';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { isSkerryError } from '../../content/error.ts';
import { makeSupportBundle, type SupportBundle } from './support-bundle.ts';

/** Each stands in one place; none may be in the bundle, in any form. */
const PLANTED = {
  secret: 'planted-in-a-secret-81',
  env: 'planted-in-env-82',
  args: 'planted-in-args-83',
  lastApplied: 'planted-in-last-applied-84',
  url: 'planted-in-url-85',
  log: 'planted-in-log-86',
  previous: 'planted-in-previous-log-87',
  event: 'planted-in-event-88',
  configMap: 'planted-in-configmap-89',
  configMapYaml: 'planted-in-yaml-90',
  docker: 'planted-in-docker-config-91',
  helm: 'planted-in-helm-values-92',
  project: 'planted-in-project-93',
  status: 'planted-in-status-94',
  journal: 'planted-in-journal-95',
  node: 'planted-in-node-96',
  annotation: 'planted-in-annotation-97',
  foreign: 'planted-in-foreign-configmap-98',
  probe: 'planted-in-probe-99',
} as const;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const JWT = ['{"alg":"RS256","kid":"k"}', '{"sub":"planted"}', 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');
const RELEASE = { name: 'demo', version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` };
const NAMESPACE = 'skerry-system';
const LIMITS = {
  ...{ totalBytes: 10_000_000, partBytes: 5_000_000, fileBytes: 200_000, partMs: 20_000 },
  ...{ logLines: 1000, logBytes: 200_000 },
};

function b64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function secret(name: string, texts: Record<string, string>, more: object = {}): KubeObject {
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, b64(text)]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, data, ...more };
}

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data };
}

const INSTALLATION = {
  ...{ version: 2, id: 'i', state: 'installed', release: RELEASE, key: { fingerprint: 'f', pem: 'p' } },
  ...{ phases: [], components: [{ name: 'hub', namespace: NAMESPACE, crds: [] }], namespaces: [] },
  history: [
    {
      ...{ action: 'install', release: RELEASE, by: 'root@desk', startedAt: '2030-01-01T00:00:00Z' },
      outcome: 'failed',
      error: { code: 'HELM_FAILED', message: `GET https://me:${PLANTED.journal}@registry/ said no` },
    },
  ],
};

const POD: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    namespace: NAMESPACE,
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ x: PLANTED.lastApplied }),
      'example.com/api-token': PLANTED.annotation,
    },
  },
  spec: {
    nodeName: 'n1',
    containers: [
      {
        name: 'web',
        args: ['--db-password', PLANTED.args],
        env: [
          { name: 'DB_PASSWORD', value: PLANTED.env },
          { name: 'DB', value: `postgres://me:${PLANTED.url}@db:5432/x` },
          { name: 'TOKEN', value: JWT },
        ],
        livenessProbe: { httpGet: { httpHeaders: [{ name: 'Authorization', value: PLANTED.probe }] } },
      },
    ],
  },
  status: {
    phase: 'Running',
    containerStatuses: [
      { name: 'web', restartCount: 3, state: { running: {} }, lastState: { terminated: { exitCode: 137 } } },
    ],
  },
};

describe('a support bundle', () => {
  let server: ScriptedApiServer;
  let bundle: SupportBundle;
  let files: Map<string, string>;
  const make = async (limits = LIMITS) =>
    await makeSupportBundle({
      ...{ client: server.client(), version: '1.0.0', limits, onProgress: () => undefined },
      now: () => new Date('2030-01-02T00:00:00Z'),
      signal: AbortSignal.timeout(30_000),
    });

  before(async () => {
    server = await ScriptedApiServer.start();
    server.put(
      configMap('skerry-installation', { installation: JSON.stringify(INSTALLATION) }),
      configMap('skerry-settings', {
        'smtp-password': PLANTED.configMap,
        'x.yaml': `a: 1\npassword: ${PLANTED.configMapYaml}\n`,
      }),
      configMap('somebodys', { note: PLANTED.foreign }),
      secret('web', { password: PLANTED.secret, username: 'ursula', 'tls.key': PEM }),
      secret('pull', {
        '.dockerconfigjson': JSON.stringify({ auths: { r: { auth: b64(`me:${PLANTED.docker}`) } } }),
      }),
      secret(
        'sh.helm.release.v1.hub.v1',
        { release: `values: {password: ${PLANTED.helm}}` },
        {
          type: 'helm.sh/release.v1',
          metadata: {
            name: 'sh.helm.release.v1.hub.v1',
            namespace: NAMESPACE,
            labels: { owner: 'helm', name: 'hub', version: '1', status: 'deployed' },
          },
        },
      ),
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'ships', labels: { 'skerry.dev/project': 'true' } },
      },
    );
    server.put(
      { ...secret('mail', { password: PLANTED.project }), metadata: { name: 'mail', namespace: 'ships' } },
      POD,
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'e', namespace: NAMESPACE, creationTimestamp: '2030-01-01T00:00:00Z' },
        involvedObject: { kind: 'Pod', name: 'web' },
        type: 'Warning',
        reason: 'Failed',
        message: `Failed to pull: token=${PLANTED.event}`,
      },
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1', annotations: { 'example.com/join-token': PLANTED.node } },
        status: { conditions: [{ type: 'Ready', status: 'False', message: 'runtime is down' }] },
      },
    );
    server.logs.set(
      `${NAMESPACE}/web/web`,
      [
        `2030-01-01T00:00:00Z login with password=${PLANTED.log} failed`,
        `it holds ${PLANTED.secret} and in base64 ${b64(`ursula:${PLANTED.secret}`)}`,
        `the receiver of ships said ${PLANTED.project}; docker ${PLANTED.docker}`,
        `Authorization: Bearer ${JWT}`,
        PEM,
        'an ordinary line',
      ].join('\n'),
    );
    server.logs.set(`${NAMESPACE}/web/web/previous`, `panic: {"secret":"${PLANTED.previous}"}`);
    bundle = await make();
    files = read(bundle.archive);
  });
  after(async () => await server.close());

  test('holds no secret that was planted, in no form', () => {
    const all = [...files.values()].join('\n');
    for (const [where, planted] of Object.entries(PLANTED)) {
      for (const form of [planted, b64(planted), b64(planted).replace(/=+$/, '').slice(0, -1)])
        assert.ok(
          !all.includes(form),
          `${where}: ${all.slice(all.indexOf(form) - 100, all.indexOf(form) + 60)}`,
        );
    }
    for (const hidden of [JWT, PEM.split('\n')[1] ?? '', b64(PEM).slice(0, 60), 'PRIVATE KEY'])
      assert.ok(!all.includes(hidden), hidden.slice(0, 20));
  });

  test('says on its first page what to look at, what is in it, what is missing and what was taken out', () => {
    assert.equal([...files.keys()][0], 'skerry-support/README.md');
    const page = files.get('skerry-support/README.md') ?? '';
    assert.match(page, /release {5}demo 1\.0\.0, installed/);
    assert.match(page, /install failed: HELM_FAILED: GET https:\/\/\[redacted: login\]@registry/);
    assert.match(page, /pod {9}skerry-system\/web, Running, 3 restarts, last {2}137/);
    assert.match(page, /node {8}n1.*NOT WELL: Ready is False: runtime is down/);
    assert.match(page, /event .*Warning Pod\/web Failed: Failed to pull/);
    assert.match(page, /helm {8}skerry-system\/hub, revision 1 deployed/);
    assert.match(page, /\| logs\/ \|.*\| 2 \|/);
    assert.match(page, /services: registry-healthz\.txt/);
    assert.match(page, /× content of Secret skerry-system\/web/);
  });

  test('is whole: logs, the run before, events, objects, journal, as text and JSON that can be read', () => {
    const names = [...files.keys()].map((name) => name.replace('skerry-support/', ''));
    for (const name of [
      ...['summary.json', 'installation/record.json', 'installation/journal.txt', 'cluster/nodes.json'],
      ...[
        'objects/skerry-system/pod.json',
        'objects/skerry-system/configmap.json',
        'helm/skerry-system.json',
      ],
      ...[
        'events/skerry-system.txt',
        'logs/skerry-system/web/web.log',
        'logs/skerry-system/web/web.previous.log',
      ],
    ])
      assert.ok(names.includes(name), `${name} is not in ${names.join(' ')}`);
    for (const [name, text] of files) if (name.endsWith('.json')) JSON.parse(text);
    assert.match(files.get('skerry-support/logs/skerry-system/web/web.log') ?? '', /an ordinary line/);
    assert.ok(![...files.values()].some((text) => text.includes('somebodys')));
  });

  test('is the same bytes for the same cluster at the same time', async () => {
    assert.ok((await make()).archive.equals(bundle.archive));
  });

  test('needs no more than a right to read: whatever is forbidden is named', async () => {
    try {
      server.denied = ({ resource }) => resource === 'secrets' || resource === 'events';
      const poor = await make();
      assert.ok(poor.summary.missing.some(({ what }) => what === 'events of skerry-system'));
      assert.ok(poor.summary.unknownSecrets.includes(NAMESPACE));
      const page = read(poor.archive).get('skerry-support/README.md') ?? '';
      assert.match(page, /Secrets of .*skerry-system.* could not be read/);
    } finally {
      server.denied = () => false;
    }
    assert.deepEqual(
      server.calls.filter((call) => !call.startsWith('GET ')),
      [],
    );
  });

  test('keeps to its limits, and says what did not fit', async () => {
    server.logs.set(`${NAMESPACE}/web/web`, `old\n${'x\n'.repeat(300_000)}new\n`);
    const small = await make({ ...LIMITS, fileBytes: 1000, partBytes: 50_000 });
    const log = read(small.archive).get('skerry-support/logs/skerry-system/web/web.log') ?? '';
    assert.ok(log.length <= 1000 && log.endsWith('new\n'), `${log.length}`);
    assert.ok(
      small.summary.missing.some(({ what, why }) => what.endsWith('web.log') && /only the last/.test(why)),
    );
  });

  test('a log that the node has removed is missing, and no file', async () => {
    const gone = 'unable to retrieve container logs for containerd://35f7';
    server.logs.set(`${NAMESPACE}/web/web/previous`, gone);
    const { archive, summary } = await make();
    assert.ok(![...read(archive).keys()].some((name) => name.endsWith('.previous.log')));
    assert.ok(summary.missing.some(({ why }) => why === 'the node has removed it'));
  });

  test('a node that does not answer is asked for one log, and named for the others', async () => {
    server.fail({ path: /\/log$/, how: { status: 500, message: 'dial tcp: i/o timeout' }, times: 9 });
    const { summary } = await make();
    server.mend();
    const logs = summary.missing.filter(({ part }) => part === 'logs').map(({ why }) => why);
    assert.equal(logs.length, 2);
    assert.match(logs[0] ?? '', /^500: .*i\/o timeout/);
    assert.equal(logs[1], 'node n1 did not answer before');
  });

  test('a part that hangs is given up after its time, and the others are there', {
    timeout: 30_000,
  }, async () => {
    server.fail({ path: /\/pods$/, how: 'hang', times: 1 });
    const cut = await make({ ...LIMITS, partMs: 1500 });
    server.mend();
    assert.ok(cut.summary.missing.some(({ why }) => why === 'it took longer than 1.5 s'));
    assert.ok(read(cut.archive).has('skerry-support/events/skerry-system.txt'));
  });

  test('a cluster that is away is an error', async () => {
    server.fail({ path: /\/version$/, how: 'cut', times: 9 });
    await assert.rejects(make(), (error) => isSkerryError(error, 'CLUSTER_UNREACHABLE'));
    server.mend();
  });
});

/** The files of a tar.gz, in their order. */
function read(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const parser = new Parser({
    sync: true,
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => files.set(entry.path, Buffer.concat(chunks).toString()));
    },
  });
  parser.end(gunzipSync(archive));
  return files;
}
