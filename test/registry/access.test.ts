import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { create } from 'tar';
import { z } from 'zod';
import { openRemote } from '../../content/remote/store.ts';
import { testAuthority } from '../../registry/testing/authority.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { ensureHost } from '../cluster/host.ts';
import { PROJECT } from '../install/product.ts';
import { type RegistryProcess, serveRegistryOf } from './process.ts';
import { failureOf, must, run } from './skerry-process.ts';

/** The program as it is in the sources. */
const SKERRY = [process.execPath, join(PROJECT, 'skerry.ts')] as const;
const PROGRAMS = ['crane', 'oras', 'regctl', 'helm', 'cosign'] as const;
const ADMIN = { username: 'ada', password: 'correct horse: battery' };
const Line = z.looseObject({
  action: z.string(),
  result: z.string(),
  user: z.string().optional(),
  repository: z.string().optional(),
});

let folder: string;
let store: string;
let ca: string;
let programs: Record<(typeof PROGRAMS)[number], string>;
let robot: string;
let homes = 0;
let pushes = 0;

before(async () => {
  await ensureHost({ install: true, groups: ['tools', 'build'] });
  programs = await ensurePrograms(PROGRAMS, { cache: programCache(process.env) });
  folder = await mkdtemp(join(tmpdir(), 'skerry-access-'));
  store = join(folder, 'store');
  await mkdir(store);
  const servers = await testAuthority();
  ca = join(folder, 'ca.pem');
  await writeFile(ca, servers.ca);
  await writePair('server', await servers.issue('localhost'));
  await writeFile(join(folder, 'file'), 'something');
  await create({ cwd: folder, file: join(folder, 'layer.tar') }, ['file']);
  await skerry(['user', 'add', ADMIN.username, '--store', store], `${ADMIN.password}\n`);
  const allow = ['--allow', 'team/**=pull,push'];
  const added = await skerry([
    'user',
    'add',
    'ci',
    '--store',
    store,
    '--robot',
    ...allow,
    '--until',
    '2099-12-31',
  ]);
  robot = z.object({ secret: z.string() }).parse(JSON.parse(added)).secret;
});

after(async () => await rm(folder, { recursive: true, force: true }));

async function skerry(args: readonly string[], input?: string): Promise<string> {
  const [node, program] = SKERRY;
  return await must(node, [program, 'registry', ...args, '--output', 'json'], { input });
}

async function writePair(name: string, { cert, key }: { cert: string; key: string }): Promise<void> {
  await writeFile(join(folder, `${name}.crt`), cert);
  await writeFile(join(folder, `${name}.key`), key);
}

async function serve(...more: string[]): Promise<RegistryProcess & { readonly at: string }> {
  return await serveTo(undefined, ...more);
}

/** Serves to the tests as to one who shows that certificate. */
async function serveTo(name: string | undefined, ...more: string[]) {
  const files = ['--tls-cert', join(folder, 'server.crt'), '--tls-key', join(folder, 'server.key')];
  const own =
    name === undefined
      ? {}
      : {
          cert: await readFile(join(folder, `${name}.crt`)),
          key: await readFile(join(folder, `${name}.key`)),
        };
  const registry = await serveRegistryOf(SKERRY, ['--store', store, ...files, ...more], {
    requests: true,
    tls: { ca: await readFile(ca), ...own },
  });
  return Object.assign(registry, { at: registry.host });
}

/** A user of a client, with a home of its own and no login. */
async function newcomer() {
  const home = join(folder, `home-${homes++}`);
  await mkdir(home);
  const config = join(home, 'config.json');
  const env = {
    HOME: home,
    DOCKER_CONFIG: home,
    REGISTRY_AUTH_FILE: config,
    HELM_REGISTRY_CONFIG: config,
    COSIGN_PASSWORD: '',
    TUF_ROOT: join(home, 'tuf'),
    SSL_CERT_FILE: ca,
  };
  const as = (input?: string) => (program: string, args: readonly string[]) =>
    must(program, args, { cwd: home, env, input });
  return { home, do: as(), say: as };
}
type Newcomer = Awaited<ReturnType<typeof newcomer>>;

/** What a client does with `REGISTRY/REPOSITORY:1`. */
interface Client {
  login(user: Newcomer, at: string, password: string): Promise<string>;
  push(user: Newcomer, target: string, extra?: readonly string[]): Promise<string>;
  pull(user: Newcomer, source: string, extra?: readonly string[]): Promise<string>;
  remove?(user: Newcomer, target: string): Promise<string>;
}

const clients: Readonly<Record<string, Client>> = {
  crane: {
    login: (user, at, password) =>
      user.say(password)(programs.crane, ['auth', 'login', '-u', 'ci', '--password-stdin', at]),
    push: (user, target) =>
      user.do(programs.crane, ['append', '--oci-empty-base', '-f', join(folder, 'layer.tar'), '-t', target]),
    pull: (user, source) => user.do(programs.crane, ['pull', source, join(user.home, 'pulled.tar')]),
    remove: (user, target) => user.do(programs.crane, ['delete', target]),
  },
  oras: {
    login: (user, at, password) =>
      user.say(password)(programs.oras, ['login', '-u', 'ci', '--password-stdin', at]),
    push: (user, target, extra = []) =>
      user.do(programs.oras, ['push', ...extra, '--disable-path-validation', target, join(folder, 'file')]),
    pull: (user, source, extra = []) => user.do(programs.oras, ['manifest', 'fetch', ...extra, source]),
    remove: (user, target) => user.do(programs.oras, ['manifest', 'delete', '--force', target]),
  },
  skopeo: {
    login: (user, at, password) =>
      user.say(password)('skopeo', ['login', '-u', 'ci', '--password-stdin', at]),
    push: (user, target, extra = []) =>
      user.do('skopeo', [
        'copy',
        ...extra.map((each) => each.replace('--', '--dest-')),
        `dir:${join(folder, 'image')}`,
        `docker://${target}`,
      ]),
    pull: (user, source, extra = []) =>
      user.do('skopeo', [
        'copy',
        ...extra.map((each) => each.replace('--', '--src-')),
        `docker://${source}`,
        `dir:${join(user.home, 'pulled')}`,
      ]),
    remove: (user, target) => user.do('skopeo', ['delete', `docker://${target}`]),
  },
  regctl: {
    login: (user, at, password) =>
      user.say(password)(programs.regctl, ['registry', 'login', '-u', 'ci', '--pass-stdin', at]),
    push: (user, target) =>
      user.say('a note')(programs.regctl, ['artifact', 'put', '--artifact-type', 'example/note', target]),
    pull: (user, source) => user.do(programs.regctl, ['artifact', 'get', source]),
    remove: (user, target) => user.do(programs.regctl, ['tag', 'delete', target]),
  },
  helm: {
    login: (user, at, password) =>
      user.say(password)(programs.helm, ['registry', 'login', '-u', 'ci', '--password-stdin', at]),
    push: async (user, target, extra = []) => {
      const [, path = '', name = ''] = /^(.*)\/([^/]+):1$/.exec(target) ?? [];
      await mkdir(join(user.home, name), { recursive: true });
      await writeFile(join(user.home, name, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`);
      await user.do(programs.helm, ['package', name]);
      return await user.do(programs.helm, ['push', `${name}-1.0.0.tgz`, `oci://${path}`, ...extra]);
    },
    pull: (user, source, extra = []) =>
      user.do(programs.helm, [
        'show',
        'chart',
        `oci://${source.replace(/:1$/, '')}`,
        '--version',
        '1.0.0',
        ...extra,
      ]),
  },
  cosign: {
    login: (user, at, password) =>
      user.say(password)(programs.cosign, ['login', '-u', 'ci', '--password-stdin', at]),
    push: async (user, target, extra = []) => {
      // What is there already it does not push again.
      await writeFile(join(user.home, 'sbom'), String(pushes++));
      return await user.do(programs.cosign, ['attach', 'sbom', '--sbom', 'sbom', ...extra, target]);
    },
    pull: (user, source, extra = []) => user.do(programs.cosign, ['download', 'sbom', ...extra, source]),
  },
};

describe('a robot and the real clients, over TLS', () => {
  let registry: Awaited<ReturnType<typeof serve>>;
  before(async () => {
    registry = await serve();
    // What the robot may not even see, and images for those clients that make none themselves.
    const admin = await newcomer();
    const login = ['auth', 'login', '-u', ADMIN.username, '--password-stdin', registry.at];
    await admin.say(ADMIN.password)(programs.crane, login);
    const layer = ['append', '--oci-empty-base', '-f', join(folder, 'layer.tar'), '-t'];
    for (const name of [...Object.keys(clients).map((client) => `other/${client}`), 'team/cosign']) {
      await admin.do(programs.crane, [...layer, `${registry.at}/${name}:1`]);
    }
    await admin.do('skopeo', [
      'copy',
      `docker://${registry.at}/team/cosign:1`,
      `dir:${join(folder, 'image')}`,
    ]);
  });
  after(async () => await registry?.[Symbol.asyncDispose]());

  for (const [name, client] of Object.entries(clients)) {
    test(`${name} does what the robot may, and is refused the rest`, async () => {
      const [mine, other] = [`${registry.at}/team/${name}:1`, `${registry.at}/other/${name}:1`];
      const [user, stranger] = [await newcomer(), await newcomer()];
      await client.login(user, registry.at, robot);
      await client.push(user, mine);
      await client.pull(user, mine);
      const requests = await registry.during(async () => {
        await assert.rejects(client.push(user, other));
        await assert.rejects(client.pull(user, other));
        if (client.remove !== undefined) await assert.rejects(client.remove(user, mine));
        await assert.rejects(client.pull(stranger, mine));
      });
      const statuses = new Set(requests.map(({ status }) => status));
      assert.ok(statuses.has(403) && statuses.has(401), `answers ${[...statuses].join()}`);
      await client.pull(user, mine);
    });
  }

  test('our own program trusts the authorities of its machine, as the others do', async () => {
    const admin = await newcomer();
    await admin.say(ADMIN.password)(programs.crane, [
      'auth',
      'login',
      '-u',
      ADMIN.username,
      '--password-stdin',
      registry.at,
    ]);
    const [node, program] = SKERRY;
    const copy = (target: string, env: Record<string, string>) =>
      run(node, [program, 'copy', `https://${registry.at}`, join(admin.home, target), 'team/cosign:1'], {
        env: { HOME: admin.home, DOCKER_CONFIG: admin.home, ...env },
      });
    assert.equal((await copy('trusted', { SSL_CERT_FILE: ca })).exitCode, 0);
    assert.notEqual((await copy('untrusted', {})).exitCode, 0);
  });

  test('our own client does the same, and reads the catalog where it may', async () => {
    const open = (credentials: { username: string; password: string }) =>
      readFile(ca, 'utf8').then((pem) =>
        openRemote(`https://${registry.at}`, { ca: pem, credentials: async () => credentials }),
      );
    const [admin, ci] = [await open(ADMIN), await open({ username: 'ci', password: robot })];
    const manifest = await admin.readManifest('team/cosign', '1');
    assert.ok(manifest !== undefined);
    await ci.writeManifest('team/cosign', 'again', manifest);
    assert.equal((await ci.readManifest('team/cosign', 'again'))?.digest, manifest.digest);
    await assert.rejects(ci.writeManifest('other/cosign', 'again', manifest), { code: 'REGISTRY_DENIED' });
    await assert.rejects(ci.readManifest('other/cosign', '1'), { code: 'REGISTRY_DENIED' });
    await assert.rejects(ci.listRepositories({ limit: 1 }), { code: 'REGISTRY_DENIED' });
    assert.ok((await admin.listRepositories({ limit: 100 })).includes('other/crane'));
    await Promise.all([admin.close(), ci.close()]);
  });

  test('no client made the registry fail, and all of it is in the audit log', async () => {
    assert.ok(registry.requests.length > 100);
    assert.deepEqual(
      registry.requests.filter(({ status }) => status >= 500),
      [],
    );
    const { lines, head } = z
      .object({ lines: z.number(), head: z.string() })
      .parse(JSON.parse(await skerry(['audit', 'verify', '--store', store])));
    const path = join(store, 'audit.log');
    const entries = (await readFile(path, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => Line.parse(JSON.parse(line)));
    assert.equal(entries.length, lines);
    for (const name of Object.keys(clients)) {
      const found = (repository: string, action: string, result: string) =>
        entries.some(
          (entry) =>
            entry.user === 'ci' &&
            entry.repository === repository &&
            entry.action === action &&
            entry.result === result,
        );
      assert.ok(found(`team/${name}`, 'push-manifest', 'done'), name);
      if (clients[name]?.remove !== undefined)
        assert.ok(
          entries.some(
            ({ action, result, user }) =>
              user === 'ci' && action.startsWith('delete') && result === 'refused',
          ),
          name,
        );
    }
    assert.ok(
      entries.some(({ action, user, result }) => action === 'token' && user === 'ci' && result === 'done'),
    );
    const text = await readFile(path, 'utf8');
    for (const secret of [robot, ADMIN.password]) assert.ok(!text.includes(secret));
    await writeFile(join(folder, 'changed.log'), text.replace('"user":"ci"', '"user":"eve"'));
    const [node, program] = SKERRY;
    const check = [program, 'registry', 'audit', 'verify', join(folder, 'changed.log'), '--output', 'json'];
    const broken = await run(node, check);
    assert.deepEqual([broken.exitCode, failureOf(broken).code], [3, 'REGISTRY_AUDIT_BROKEN']);
    await skerry(['audit', 'verify', '--store', store, '--contains', head]);
  });
});

describe('client certificates and the real clients', () => {
  let registry: Awaited<ReturnType<typeof serve>>;
  before(async () => {
    const people = await testAuthority();
    await writeFile(join(folder, 'people.pem'), people.ca);
    for (const name of ['ci-1', 'node-1']) await writePair(name, await people.issue(name));
    await writePair('stranger', await (await testAuthority()).issue('ci-1'));
    await skerry(['user', 'add', 'ci-1', '--store', store, '--no-password', '--allow', 'team/**=pull,push']);
    await skerry(['user', 'add', 'node-1', '--store', store, '--no-password', '--allow', '**=pull']);
    registry = await serveTo('node-1', '--client-ca', join(folder, 'people.pem'), '--client-cert-users');
    for (const name of ['ci-1', 'node-1', 'stranger']) {
      const certs = join(folder, `certs-${name}`);
      await mkdir(certs);
      await writeFile(join(certs, 'ca.crt'), await readFile(ca));
      await writeFile(join(certs, 'client.cert'), await readFile(join(folder, `${name}.crt`)));
      await writeFile(join(certs, 'client.key'), await readFile(join(folder, `${name}.key`)));
    }
  });
  after(async () => await registry?.[Symbol.asyncDispose]());

  const shown: Readonly<Record<string, (name: string) => string[]>> = {
    oras: (name) => [
      '--ca-file',
      ca,
      '--cert-file',
      join(folder, `${name}.crt`),
      '--key-file',
      join(folder, `${name}.key`),
    ],
    helm: (name) => [
      '--ca-file',
      ca,
      '--cert-file',
      join(folder, `${name}.crt`),
      '--key-file',
      join(folder, `${name}.key`),
    ],
    skopeo: (name) => [`--cert-dir=${join(folder, `certs-${name}`)}`],
    cosign: (name) => [
      '--registry-cacert',
      ca,
      '--registry-client-cert',
      join(folder, `${name}.crt`),
      '--registry-client-key',
      join(folder, `${name}.key`),
    ],
  };
  for (const [name, certificate] of Object.entries(shown)) {
    test(`${name} needs one, and no password besides it`, async () => {
      const client = clients[name];
      assert.ok(client !== undefined);
      const target = `${registry.at}/team/${name}:1`;
      const user = await newcomer();
      await client.push(user, target, certificate('ci-1'));
      await client.pull(user, target, certificate('node-1'));
      const denied = await registry.during(() =>
        assert.rejects(client.push(user, target, certificate('node-1'))),
      );
      assert.ok(denied.some(({ status }) => status === 403));
      const unheard = await registry.during(async () => {
        await assert.rejects(client.pull(user, target));
        await assert.rejects(client.pull(user, target, certificate('stranger')));
      });
      assert.deepEqual(unheard, [], 'who is not let in makes no request');
    });
  }
});
