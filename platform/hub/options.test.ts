import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { checkOptions, type HubOptions } from './options.ts';

test('the hub only starts with addresses and prefixes that can be used', () => {
  const registry = { address: 'registry:5000', packsPrefix: 'skerry/packs' };
  const check = (options: Partial<HubOptions>) =>
    checkOptions({
      version: '0.0.0',
      listen: { host: '127.0.0.1', port: 0 },
      registry,
      tls: { cert: 'cert.pem', key: 'key.pem' },
      logLevel: 'silent',
      ...options,
    });
  const agents = (...urls: string[]) => ({ ...AGENTS, urls });
  check({});
  check({ agents: agents('https://hub.example:8443', 'https://[fd00::1]:8443/') });
  for (const url of [
    'http://hub:8443',
    'hub:8443',
    'https://hub/v1',
    'https://me@hub',
    'https://:pw@hub',
    'https://hub?a',
    '',
  ])
    assert.throws(
      () => check({ agents: agents('https://hub', url) }),
      (error) => isSkerryError(error, 'AGENTS_OPTION_INVALID'),
      url,
    );
  for (const wrong of [
    { packsPrefix: 'No Name' },
    { address: 'ftp://registry' },
    { address: 'https://r/v2' },
    { address: ':pw@r' },
  ])
    assert.throws(
      () => check({ registry: { ...registry, ...wrong } }),
      (error) => isSkerryError(error, 'HUB_OPTION_INVALID'),
    );
});

const AGENTS = {
  listen: { host: '127.0.0.1', port: 0 },
  authoritySecret: 'skerry-hub-authority',
  namespace: 'skerry-system',
};
