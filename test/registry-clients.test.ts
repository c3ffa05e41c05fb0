import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { create } from 'tar';
import type { Descriptor } from '../content/descriptor.ts';
import { type Digest, digestOf, parseDigest } from '../content/digest.ts';
import { openLayout } from '../content/layout.ts';
import { descriptorOf, manifestOf, parseManifest } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import type { Manifest } from '../content/store.ts';
import { accountAccess } from '../registry/access/account-access.ts';
import { hashPassword } from '../registry/access/password-hash.ts';
import { parseUsers } from '../registry/access/users-file.ts';
import { jsonLog } from '../registry/request-log.ts';
import { type ServedRegistry, serveRegistry } from '../registry/serve.ts';
import { ensureHost } from './cluster/host.ts';
import { ensurePrograms, programCache } from './cluster/programs.ts';

const PROGRAMS = ['crane', 'regctl', 'oras', 'helm', 'cosign', 'containerd', 'ctr'] as const;
const USER = 'ada';
const PASSWORD = 'correct horse';
const TIMEOUT = 120_000;

// Every client pushes what needs a password and pulls what doesn't, over plain HTTP on a loopback address.
suite('real clients and the registry', () => {
  let folder: string;
  let registry: ServedRegistry;
  let host: string;
  let programs: Record<(typeof PROGRAMS)[number], string>;
  let index: Manifest;
  let log = '';

  before(async () => {
    await ensureHost({ install: true, groups: ['tools', 'build'] });
    programs = await ensurePrograms(PROGRAMS, { cache: programCache(process.env) });
    folder = await mkdtemp(join(tmpdir(), 'skerry-clients-'));
    registry = await serve(folder, (line) => {
      log += line;
    });
    host = `localhost:${registry.port}`;
    await mkdir(join(folder, 'home'));
    await writeFile(join(folder, 'home', 'config.json'), dockerConfig(host));
    index = await makeImage(join(folder, 'source'));
  });

  after(async () => {
    await registry?.close({ drainMs: 1000 });
    await rm(folder, { recursive: true, force: true });
  });

  async function run(program: string, args: readonly string[], input = ''): Promise<string> {
    const home = join(folder, 'home');
    const { stdout } = await execa(program, args, {
      cwd: folder,
      input,
      timeout: TIMEOUT,
      env: {
        HOME: home,
        DOCKER_CONFIG: home,
        REGISTRY_AUTH_FILE: join(home, 'config.json'),
        HELM_REGISTRY_CONFIG: join(home, 'config.json'),
        COSIGN_PASSWORD: '',
        COSIGN_EXPERIMENTAL: '1',
        TUF_ROOT: join(home, 'tuf'),
      },
    });
    return stdout;
  }

  const crane = (...args: string[]) => run(programs.crane, [...args, '--insecure']);
  const regctl = (...args: string[]) => run(programs.regctl, ['--host', `reg=${host},tls=disabled`, ...args]);
  const source = () => `oci:${join(folder, 'source')}:app:1`;

  test('crane pushes and pulls an image for two platforms', async () => {
    await crane('push', '--index', join(folder, 'source'), `${host}/crane/app:1`);
    await crane('copy', `${host}/crane/app:1`, `${host}/crane/copy:1`);
    assert.equal(await crane('ls', `${host}/crane/copy`), '1');
    await crane('pull', '--format=oci', `${host}/crane/copy:1`, join(folder, 'by-crane'));
    const digest = await crane('digest', `${host}/crane/copy:1`);
    assert.equal(await wholeImages(join(folder, 'by-crane')), 2);
    assert.match(await crane('validate', '--remote', `${host}/crane/copy:1`), /^PASS/);
    assert.match(await crane('catalog', host), /^crane\/app$/m);
    assert.match(digest, /^sha256:/);
  });

  test('skopeo pushes and pulls every platform, unchanged', async () => {
    const target = `docker://${host}/skopeo/app:1`;
    await run('skopeo', ['copy', '--all', '--dest-tls-verify=false', source(), target]);
    assert.equal(await tagged(registry, 'skopeo/app', '1'), index.digest);
    const copy = `oci:${join(folder, 'by-skopeo')}:app:1`;
    await run('skopeo', ['copy', '--all', '--src-tls-verify=false', target, copy]);
    assert.equal(await wholeImages(join(folder, 'by-skopeo'), index.digest), 2);
  });

  test("skopeo pushes and pulls Docker's own manifest types", async () => {
    const target = `docker://${host}/skopeo/docker:1`;
    const platform = ['--override-os', 'linux', '--override-arch', 'amd64'];
    await run('skopeo', [
      ...platform,
      'copy',
      '--format',
      'v2s2',
      '--dest-tls-verify=false',
      source(),
      target,
    ]);
    const raw = await run('skopeo', ['inspect', '--tls-verify=false', '--raw', target]);
    assert.equal(JSON.parse(raw).mediaType, MediaType.dockerManifest);
    await run('skopeo', ['copy', '--src-tls-verify=false', target, `dir:${join(folder, 'docker')}`]);
  });

  test('regctl pushes and pulls every platform, with referrers', async () => {
    await regctl(
      'image',
      'copy',
      `ocidir://${join(folder, 'source')}@${index.digest}`,
      `${host}/regctl/app:1`,
    );
    assert.equal(await tagged(registry, 'regctl/app', '1'), index.digest);
    const note = ['artifact', 'put', '--artifact-type', 'example/note', '--subject', `${host}/regctl/app:1`];
    await run(programs.regctl, ['--host', `reg=${host},tls=disabled`, ...note], 'a note');
    const listed = await regctl('artifact', 'list', '--format', '{{json .}}', `${host}/regctl/app:1`);
    assert.deepEqual(artifactTypes(listed), ['example/note']);
    await regctl(
      'image',
      'copy',
      '--referrers',
      `${host}/regctl/app:1`,
      `ocidir://${join(folder, 'by-regctl')}:1`,
    );
    assert.ok((await wholeImages(join(folder, 'by-regctl'), index.digest)) >= 2);
    assert.equal(await regctl('tag', 'ls', `${host}/regctl/app`), '1');
  });

  test('oras pushes, attaches, discovers, copies and pulls artifacts', async () => {
    await writeFile(join(folder, 'hello.txt'), 'hello');
    const plain = ['--plain-http'];
    await run(programs.oras, ['push', ...plain, `${host}/oras/files:1`, 'hello.txt:text/plain']);
    await run(programs.oras, [
      'attach',
      ...plain,
      '--artifact-type',
      'example/note',
      `${host}/oras/files:1`,
      'hello.txt',
    ]);
    const both = ['--from-plain-http', '--to-plain-http'];
    await run(programs.oras, ['cp', '-r', ...both, `${host}/oras/files:1`, `${host}/oras/copy:1`]);
    const found = await run(programs.oras, ['discover', ...plain, '--format', 'json', `${host}/oras/copy:1`]);
    assert.equal(JSON.parse(found).referrers[0].artifactType, 'example/note');
    await run(programs.oras, ['pull', ...plain, '-o', join(folder, 'by-oras'), `${host}/oras/copy:1`]);
    assert.equal(await readFile(join(folder, 'by-oras', 'hello.txt'), 'utf8'), 'hello');
  });

  test('helm pushes and pulls a chart', async () => {
    await mkdir(join(folder, 'chart'));
    await writeFile(join(folder, 'chart', 'Chart.yaml'), 'apiVersion: v2\nname: chart\nversion: 0.1.0\n');
    await run(programs.helm, ['package', 'chart']);
    await run(programs.helm, ['push', 'chart-0.1.0.tgz', `oci://${host}/charts`, '--plain-http']);
    await mkdir(join(folder, 'by-helm'));
    const chart = [`oci://${host}/charts/chart`, '--version', '0.1.0', '--plain-http'];
    await run(programs.helm, ['pull', ...chart, '-d', 'by-helm']);
    const [pushed, pulled] = [join(folder, 'chart-0.1.0.tgz'), join(folder, 'by-helm', 'chart-0.1.0.tgz')];
    assert.ok((await readFile(pushed)).equals(await readFile(pulled)));
  });

  test('cosign signs and verifies, under a tag and as a referrer', async () => {
    await run(programs.cosign, ['generate-key-pair']);
    const key = ['--key', 'cosign.key', '--tlog-upload=false', '--allow-http-registry', '-y'];
    const check = ['verify', '--key', 'cosign.pub', '--insecure-ignore-tlog', '--allow-http-registry'];
    for (const [name, sign, verify] of [
      ['tag', [], []],
      ['referrer', ['--registry-referrers-mode=oci-1-1'], ['--experimental-oci11']],
    ] as const) {
      await crane('push', '--index', join(folder, 'source'), `${host}/cosign/${name}:1`);
      const image = `${host}/cosign/${name}@${await crane('digest', `${host}/cosign/${name}:1`)}`;
      await run(programs.cosign, ['sign', ...key, ...sign, image]);
      const verified = JSON.parse(await run(programs.cosign, [...check, ...verify, image]));
      assert.equal(`${host}/cosign/${name}@${verified[0].critical.image['docker-manifest-digest']}`, image);
    }
    assert.equal((await crane('ls', `${host}/cosign/tag`)).split('\n').length, 2);
    assert.equal(await crane('ls', `${host}/cosign/referrer`), '1');
  });

  const notRoot = process.getuid?.() === 0 ? false : 'containerd runs as root only';
  test('containerd pulls, pushes, and pulls through a mirror', { skip: notRoot }, async (t) => {
    await run('skopeo', [
      'copy',
      '--all',
      '--dest-tls-verify=false',
      source(),
      `docker://${host}/docker.io/library/app:1`,
    ]);
    const socket = await startContainerd(t, programs.containerd, join(folder, 'containerd'));
    const ctr = (...args: string[]) => run(programs.ctr, ['--address', socket, ...args]);
    const reference = `${host}/docker.io/library/app:1`;
    await ctr('content', 'fetch', '--plain-http', '--all-platforms', reference);
    await ctr('images', 'tag', reference, `${host}/containerd/app:1`);
    const login = ['--user', `${USER}:${PASSWORD}`, '--plain-http', '--local'];
    await ctr('images', 'push', ...login, `${host}/containerd/app:1`);
    assert.equal(await tagged(registry, 'containerd/app', '1'), index.digest);
    const hosts = join(folder, 'hosts');
    await mkdir(join(hosts, 'docker.io'), { recursive: true });
    await writeFile(
      join(hosts, 'docker.io', 'hosts.toml'),
      `server = "http://${host}"\n[host."http://${host}"]\n`,
    );
    await ctr('content', 'fetch', '--hosts-dir', hosts, '--all-platforms', 'docker.io/library/app:1');
    assert.match(await ctr('images', 'ls'), new RegExp(`docker.io/library/app:1 .*${index.digest}`));
    assert.match(log, /"path":"\/v2\/library\/app\/manifests\/1"[^\n]*"status":200/);
  });

  test('no client made the registry fail', () => {
    const statuses = log
      .trim()
      .split('\n')
      .map((line) => Number(JSON.parse(line).status));
    assert.ok(statuses.length > 100);
    assert.deepEqual(
      statuses.filter((status) => status >= 500),
      [],
    );
  });
});

async function serve(folder: string, write: (line: string) => void): Promise<ServedRegistry> {
  const users = parseUsers(`${USER}:${await hashPassword(PASSWORD, randomBytes(16))}`, 'users');
  return await serveRegistry({
    store: await openLayout(join(folder, 'registry'), { create: true }),
    uploads: join(folder, 'uploads'),
    access: accountAccess({
      users: () => users,
      anonymousPull: true,
      key: randomBytes(32),
      clock: Date.now,
      uptime: () => performance.now(),
      randomId: randomUUID,
    }),
    log: jsonLog(write),
    listen: { host: '127.0.0.1', port: 0 },
  });
}

function dockerConfig(host: string): string {
  const auth = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
  return JSON.stringify({ auths: { [host]: { auth } } });
}

/** An OCI layout with one image for two platforms under the tag `app:1`; gives its index. */
async function makeImage(folder: string): Promise<Manifest> {
  const store = await openLayout(folder, { create: true });
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    await store.writeBlob('app', descriptor, async () => Readable.from([bytes]));
    return descriptor;
  };
  const manifests: Descriptor[] = [];
  for (const architecture of ['amd64', 'arm64']) {
    const tar = await tarOf(folder, `for ${architecture}`);
    const layer = await put(MediaType.layerGzip, gzipSync(tar));
    const rootfs = { type: 'layers', diff_ids: [digestOf(tar)] };
    const config = await put(
      MediaType.config,
      Buffer.from(JSON.stringify({ architecture, os: 'linux', config: {}, rootfs })),
    );
    const image = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      config,
      layers: [layer],
    });
    await store.writeManifest('app', image.digest, image);
    manifests.push(descriptorOf(image, { platform: { architecture, os: 'linux' } }));
  }
  const index = manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
  await store.writeManifest('app', '1', index);
  return index;
}

async function tarOf(folder: string, text: string): Promise<Buffer> {
  await writeFile(join(folder, 'platform'), text);
  return await buffer(create({ cwd: folder, portable: true, mtime: new Date(0) }, ['platform']));
}

/** How many image manifests a layout holds below `from` (or below all it names), each with all its blobs. */
async function wholeImages(folder: string, from?: Digest): Promise<number> {
  const store = await openLayout(folder);
  const json = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  const roots: Digest[] =
    from === undefined ? json.manifests.map((entry: Descriptor) => parseDigest(entry.digest)) : [from];
  let images = 0;
  const visit = async (digest: Digest): Promise<void> => {
    const manifest = await store.readManifest('', digest);
    assert.ok(manifest, `${digest} is missing in ${folder}`);
    const content = parseManifest(manifest, digest);
    for (const child of content.manifests) await visit(child.digest);
    for (const blob of content.blobs) assert.equal(await store.statBlob('', blob.digest), blob.size);
    if (content.config !== undefined) images++;
  };
  for (const root of roots) await visit(root);
  return images;
}

async function tagged(registry: ServedRegistry, repository: string, tag: string): Promise<string | null> {
  const url = `http://127.0.0.1:${registry.port}/v2/${repository}/manifests/${tag}`;
  const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(TIMEOUT) });
  return answer.headers.get('docker-content-digest');
}

function artifactTypes(list: string): string[] {
  const { descriptors } = JSON.parse(list);
  return descriptors.map((descriptor: Descriptor) => descriptor.artifactType);
}

/** A containerd of our own, without the parts that kubelet needs; gives its socket. */
async function startContainerd(t: TestContext, program: string, folder: string): Promise<string> {
  const socket = join(folder, 'socket');
  await mkdir(folder);
  const lines = [
    'version = 3',
    `root = '${join(folder, 'root')}'`,
    `state = '${join(folder, 'state')}'`,
    "disabled_plugins = ['io.containerd.cri.v1.images', 'io.containerd.cri.v1.runtime', 'io.containerd.grpc.v1.cri', 'io.containerd.nri.v1.nri']",
    '[grpc]',
    `address = '${socket}'`,
    '[ttrpc]',
    `address = '${socket}.ttrpc'`,
  ];
  await writeFile(join(folder, 'config.toml'), lines.join('\n'));
  const daemon = execa(program, ['--config', join(folder, 'config.toml')], {
    stdio: 'ignore',
    reject: false,
  });
  t.after(async () => {
    daemon.kill();
    await daemon;
  });
  for (let attempt = 0; attempt < 600; attempt++) {
    const there = await access(socket).then(
      () => true,
      () => false,
    );
    if (there) return socket;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('containerd did not start');
}
