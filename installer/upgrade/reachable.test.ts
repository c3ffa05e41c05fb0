import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import type { Installation, UpgradeRecord } from '../record/installation.ts';
import { notReachable, reachableNote } from './reachable.ts';

const from = { name: 'platform', version: '1.3.0', digest: digestOf('1.3.0') };
const installed: Installation = {
  version: 2,
  id: 'i',
  state: 'installed',
  release: from,
  key: { fingerprint: 'f', pem: 'p' },
  phases: [],
  components: [],
  namespaces: [],
  adopted: [],
  history: [],
};
const registry = { component: 'registry' };
const to = { name: 'platform', version: '1.4.0', registry };
const digest = digestOf('1.4.0');

function upgrade(direction: UpgradeRecord['direction']): UpgradeRecord {
  return {
    id: 'u',
    from,
    to: { name: 'platform', version: '1.4.0', digest },
    key: installed.key,
    direction,
    startedAt: 'then',
    phases: [],
    components: [],
  };
}

test('any newer release of the same name may be reached, unless it says from where', () => {
  assert.equal(notReachable(installed, to, digest), undefined);
  assert.match(reachableNote(to) ?? '', /does not say/);
  const says = (range: string) => ({ ...to, upgrade: { from: range } });
  assert.equal(notReachable(installed, says('>=1.3 <1.4'), digest), undefined);
  assert.equal(reachableNote(says('>=1.3')), undefined);
  assert.equal(notReachable(installed, says('>=1.3.1'), digest)?.code, 'UPGRADE_NOT_POSSIBLE');
});

test('an older one, the same version, another name and an unfinished installation are no way', () => {
  for (const version of ['1.2.0', '1.3.0'])
    assert.equal(notReachable(installed, { ...to, version }, digest)?.code, 'UPGRADE_NOT_POSSIBLE');
  assert.equal(notReachable(installed, { ...to, name: 'other' }, digest)?.code, 'UPGRADE_NOT_POSSIBLE');
  for (const state of ['installing', 'uninstalling'] as const)
    assert.equal(notReachable({ ...installed, state }, to, digest)?.code, 'UPGRADE_NOT_POSSIBLE');
});

test('an upgrade that is under way goes on with its own release alone, and forward only', () => {
  const underWay: Installation = { ...installed, state: 'upgrading', upgrade: upgrade('forward') };
  assert.equal(notReachable(underWay, to, digest), undefined);
  assert.equal(notReachable(underWay, to, digestOf('other'))?.code, 'UPGRADE_UNDER_WAY');
  const back: Installation = { ...installed, state: 'rolling-back', upgrade: upgrade('back') };
  assert.equal(notReachable(back, to, digest)?.code, 'UPGRADE_UNDER_WAY');
});
