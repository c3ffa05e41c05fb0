import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { CloudConnection } from '../../platform/infra/connection/cloud-connection.ts';
import { openAccount } from '../../platform/infra/provider/openstack/driver.ts';
import { Session } from '../../platform/infra/provider/openstack/session.ts';
import { startFakeCloud } from '../../platform/infra/provider/openstack/testing/fake-cloud.ts';
import { programCache } from '../cluster/builds/programs.ts';
import { type Keystone, startKeystone } from '../openstack/keystone.ts';
import { ensurePython } from '../python/environment.ts';

const ROOM = join(import.meta.dirname, '../openstack');
const MINUTE = 60_000;
let python: string;
before(async () => {
  python = await ensurePython({
    name: 'openstack',
    requirements: join(ROOM, 'requirements.txt'),
    cache: programCache(process.env),
    onProgress: (text) => console.log(text),
  });
});

test('openstacksdk finds in the fake what it knows of the real services', {
  timeout: 5 * MINUTE,
}, async (t) => {
  const cloud = await startFakeCloud({ delayMs: 100 });
  t.after(async () => await cloud.close());
  const { id, secret } = cloud.keystone.credential;
  const args = [join(ROOM, 'life.py'), cloud.endpoint, id, 'machines', 'node', 'small'];
  const { stdout } = await execa(join(python, 'bin/python'), args, { input: secret, timeout: 3 * MINUTE });
  assert.deepEqual(JSON.parse(stdout), {
    subnets: 1,
    limits: 100,
    pairs: [{ ip_address: '192.0.2.5' }],
    'stale revision': 412,
    made: 'ACTIVE',
    metadata: { owner: 'sdk' },
    addresses: ['192.0.2.10'],
    'by tag': [true],
    'by name': [true],
    bound: true,
    'second server of a port': 409,
    stopped: 'SHUTOFF',
    started: 'ACTIVE',
    console: 'cloud-init: booted\n',
    'port afterwards': '',
    'ports left': 0,
  });
});

describe('real Keystone', () => {
  let keystone: Keystone;
  before(
    async () => {
      keystone = await startKeystone(python, await testFolder('keystone'), AbortSignal.timeout(10 * MINUTE));
    },
    { timeout: 15 * MINUTE },
  );
  after(async () => await keystone?.stop());
  const limit = () => AbortSignal.timeout(MINUTE);
  const session = (id: string, secret: string) =>
    new Session(
      new CloudConnection({ url: `${keystone.url}/v3` }),
      { applicationCredentialId: id, applicationCredentialSecret: secret },
      () => new Date(),
    );

  test('gives a token for an application credential, which is revoked at the end', async () => {
    const { id, secret } = await keystone.make({ name: 'plain' });
    const own = session(id, secret);
    const token = await own.token(limit());
    assert.equal(token.project.name, 'admin');
    assert.deepEqual(token.roles.toSorted(), ['member', 'reader']);
    assert.ok(token.lifetimeMs > 0);
    assert.equal(await statusOf(keystone, token.value), 200);
    await own.close();
    assert.ok([401, 404].includes(await statusOf(keystone, token.value)));
  });

  test('refuses a secret that is wrong, a credential that never was, and one that was deleted', async () => {
    const credential = await keystone.make({ name: 'short-lived' });
    await session(credential.id, credential.secret).token(limit());
    await keystone.revoke(credential);
    for (const [id, secret] of [
      [credential.id, credential.secret],
      [(await keystone.make({ name: 'other' })).id, credential.secret],
      ['never', 'was'],
    ] as const)
      await assert.rejects(session(id, secret).token(limit()), (error) => {
        assert.ok(isSkerryError(error, 'CREDENTIALS_REFUSED'), String(error));
        assert.ok(!error.message.includes(secret));
        return true;
      });
  });

  test('ends a token with its application credential, and refuses one that has ended', async () => {
    const soon = await keystone.make({ name: 'soon', expiresAt: new Date(Date.now() + 10 * MINUTE) });
    const token = await session(soon.id, soon.secret).token(limit());
    assert.ok(token.lifetimeMs <= 10 * MINUTE);
    const expiresAt = new Date(Date.now() + 5000);
    const ended = await keystone.make({ name: 'ended', expiresAt });
    await sleep(expiresAt.getTime() + 1000 - Date.now());
    await assert.rejects(session(ended.id, ended.secret).token(limit()), { code: 'CREDENTIALS_REFUSED' });
  });

  test('is told from other servers, and a catalogue without a service from one with it', async () => {
    const { id, secret } = await keystone.make({ name: 'account' });
    const open = (endpoint: string) =>
      openAccount({
        account: {
          origin: { project: 'team', name: 'cloud' },
          type: 'openstack',
          endpoint,
          credentials: { name: 'cloud' },
        },
        credentials: { applicationCredentialId: id, applicationCredentialSecret: secret },
        now: () => new Date(),
      });
    for (const [endpoint, subject] of [
      [`${keystone.url}/elsewhere`, 'endpoint'],
      [`${keystone.url}/v3/`, 'settings.region'],
    ] as const) {
      const provider = open(endpoint);
      await assert.rejects(provider.verify(limit()), (error) => {
        assert.ok(isSkerryError(error, 'ACCOUNT_INVALID'), String(error));
        assert.equal(error.subject, subject);
        return true;
      });
      await provider.close();
    }
  });
});

async function statusOf({ url }: Keystone, token: string): Promise<number> {
  const headers = { 'x-auth-token': token, 'x-subject-token': token };
  return (await fetch(`${url}/v3/auth/tokens`, { headers })).status;
}
