import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { testAccess } from './access.ts';
import { assertMounted } from './assert-mounted.ts';
import { type Containerd, startContainerd } from './containerd.ts';
import { type Login, type ServedStore, serveStore } from './served-store.ts';
import { openSite, type Runner, type Site } from './site.ts';

const PLAIN = '--plain-http';
const NOT_ROOT = process.getuid?.() === 0 ? false : 'containerd runs as root only';

let site: Site<'containerd' | 'ctr'>;
let registry: ServedStore;
let daemon: Containerd;
let run: Runner;
const at = (name: string, served = registry) => `${served.host}/${name}`;
const ctr = (...args: string[]) => as(run)(...args);

/** Each user has a namespace, and with it images and content of its own. */
function as(user: Runner) {
  const namespace = user.home.split('/').at(-1) ?? '';
  return (...args: string[]) =>
    user(site.programs.ctr, '--address', daemon.socket, '--namespace', namespace, ...args);
}

describe('containerd', { skip: NOT_ROOT }, () => {
  before(async () => {
    site = await openSite(['containerd', 'ctr']);
    registry = site.registry;
    run = await site.newcomer();
    daemon = await startContainerd(site.programs.containerd, join(site.folder, 'containerd'));
  });

  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });

  for (const name of ['app', 'nested', 'docker', 'large'] as const) {
    test(`pulls "${name}" with all that it names and pushes it elsewhere, byte for byte`, async () => {
      const image = site.images[name];
      const reference = at(`containerd/${name}:1`);
      await registry.seed(site.images, image, `containerd/${name}`, '1');
      await ctr('content', 'fetch', PLAIN, '--all-platforms', reference);
      assert.match(await ctr('images', 'ls'), new RegExp(`containerd/${name}:1 .*${image.digest}`));
      await using other = await serveStore(join(site.folder, `other-${name}`));
      await ctr('images', 'push', PLAIN, '--local', at('pushed/image:1', other), reference);
      await other.assertHolds('pushed/image', '1', image);
    });
  }

  test('pulls and pushes by its transfer service, and pulls one platform to run it', async () => {
    await registry.seed(site.images, site.images.app, 'containerd/transfer', '1');
    const user = as(await site.newcomer());
    await user('images', 'pull', PLAIN, '--platform', 'linux/amd64', at('containerd/transfer:1'));
    assert.match(await user('images', 'check'), /containerd\/transfer:1 .*complete .* true/);
    const all = as(await site.newcomer());
    await all('images', 'pull', PLAIN, '--all-platforms', at('containerd/transfer:1'));
    await using other = await serveStore(join(site.folder, 'other-transfer'));
    await all('images', 'push', PLAIN, at('pushed/image:1', other), at('containerd/transfer:1'));
    await other.assertHolds('pushed/image', '1', site.images.app);
  });

  test('pushes to another repository of a registry without sending a blob', async () => {
    await registry.seed(site.images, site.images.app, 'containerd/source', '1');
    const user = as(await site.newcomer());
    await user('content', 'fetch', PLAIN, '--all-platforms', at('containerd/source:1'));
    const push = () =>
      user('images', 'push', PLAIN, '--local', at('elsewhere/app:2'), at('containerd/source:1'));
    assertMounted(await registry.during(push));
    await registry.assertHolds('elsewhere/app', '2', site.images.app);
  });

  test('pulls through a mirror what is kept under the name of the host that it stands for', async () => {
    await registry.seed(site.images, site.images.app, 'docker.io/library/app', '1');
    const hosts = join(site.folder, 'hosts');
    await mkdir(join(hosts, 'docker.io'), { recursive: true });
    const url = `http://${registry.host}`;
    const toml = `server = "${url}"\n[host."${url}"]\n`;
    await writeFile(join(hosts, 'docker.io', 'hosts.toml'), toml);
    const user = as(await site.newcomer());
    const reference = 'docker.io/library/app:1';
    const requests = await registry.during(() =>
      user('content', 'fetch', '--hosts-dir', hosts, '--all-platforms', reference),
    );
    assert.match(await user('images', 'ls'), new RegExp(`${reference} .*${site.images.app.digest}`));
    const asked = requests.filter(({ status }) => status === 200).map(({ path }) => path);
    assert.ok(asked.includes('/v2/library/app/manifests/1'), asked.join());
  });

  describe('its ctr', () => {
    const logins = new Map<Runner, Login>();
    const login = (user: Runner) => {
      const known = logins.get(user);
      return known === undefined ? [] : ['--user', `${known.user}:${known.password}`];
    };
    const fetch = (user: Runner, image: string) =>
      as(user)('content', 'fetch', PLAIN, '--all-platforms', ...login(user), image);
    const push = (user: Runner, image: string, from: string) =>
      as(user)('images', 'push', PLAIN, '--local', ...login(user), image, from);
    testAccess(() => site, {
      checksLogin: false,
      login: async (user, _host, known) => logins.set(user, known),
      push: async (user, served, repository) => {
        await registry.seed(site.images, site.images.app, 'containerd/own', '1');
        await as(user)('content', 'fetch', PLAIN, '--all-platforms', at('containerd/own:1'));
        await push(user, at(`${repository}:1`, served), at('containerd/own:1'));
      },
      pull: (user, served, repository) => fetch(user, at(`${repository}:1`, served)),
      copy: async (user, served, from, to) => {
        await fetch(user, at(`${from}:1`, served));
        await push(user, at(`${to}:1`, served), at(`${from}:1`, served));
      },
      assertPushed: (served, repository) => served.assertHolds(repository, '1', site.images.app),
    });
  });
});
