import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { isSkerryError } from '../../../content/error.ts';
import { type SignInFlags, withSignIn } from './sign-in-flags.ts';
import { signInOf } from './sign-in-setting.ts';

async function settingOf(...args: readonly string[]) {
  const command = withSignIn(new Command('hub')).exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  return await signInOf(command.parse([...args], { from: 'user' }).opts<SignInFlags>(), 'system');
}

test('sessions are on, with pasted tokens alone, unless options say more or less', async () => {
  assert.deepEqual(await settingOf(), {
    ...{ namespace: 'system', secret: 'skerry-hub-sessions', hours: 12, publicUrl: undefined },
  });
  assert.equal(await settingOf('--no-sessions'), undefined);
});

test('an identity provider is named with what it knows the hub as, and files are read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-sign-in-'));
  try {
    const secret = join(folder, 'secret');
    await writeFile(secret, 'hush\n');
    const issuer = ['--oidc-issuer', 'https://id.example/realm', '--oidc-client-id', 'skerry'];
    const setting = await settingOf(...issuer, '--oidc-client-secret-file', secret, '--oidc-scope', 'openid');
    assert.deepEqual(setting?.issuer, {
      ...{ url: 'https://id.example/realm', clientId: 'skerry', clientSecret: 'hush', ca: undefined },
      scopes: ['openid'],
    });
    assert.equal(setting?.claims, undefined);
    const verifying = await settingOf(...issuer, '--oidc-verify', '--oidc-prefix', 'corp:');
    assert.deepEqual(verifying?.claims, { username: 'sub', groups: 'groups', prefix: 'corp:' });
    for (const wrong of [
      ['--oidc-issuer', 'https://id.example'],
      ['--oidc-client-id', 'skerry'],
      [...issuer, '--oidc-ca', join(folder, 'none')],
    ])
      await assert.rejects(settingOf(...wrong), (error) => isSkerryError(error, 'HUB_OPTION_INVALID'));
    for (const wrong of [
      ['--oidc-issuer', 'http://id.example'],
      ['--oidc-issuer', 'https://id.example?a'],
      ['--public-url', 'https://hub.example/ui'],
      ['--session-hours', '0'],
    ])
      await assert.rejects(settingOf(...wrong), { code: 'commander.invalidArgument' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
