import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { release } from '../../channel/testing/release.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { bothRanges } from './both-ranges.ts';
import { choosePath, type OfferedVersion, type PathChoice } from './choose-path.ts';

const coded = (code: string) => (error: unknown) => isSkerryError(error, code);
const digest = (version: string) => digestOf(Buffer.from(version));
const INSTALLED = { name: 'skerry', version: '1.0.0', digest: digest('1.0.0') };

function offered(version: string, extra: Partial<OfferedVersion> = {}): OfferedVersion {
  const place = `stick/skerry-${version}.bundle.tar`;
  return {
    name: 'skerry',
    version,
    digest: digest(version),
    kubernetes: '>=1.31 <1.38',
    from: undefined,
    place,
    ...extra,
  };
}

function choose(choice: Partial<PathChoice<OfferedVersion>>) {
  const chosen = choosePath({
    ...{ installed: INSTALLED, offered: [offered('1.1.0')], channel: undefined, kubernetes: 'v1.34.4+k3s1' },
    ...choice,
  });
  return { hops: chosen.hops.map(({ version }) => version), notes: chosen.notes };
}

describe('a way by a channel', () => {
  const channel = [
    release('1.0.0'),
    release('1.1.0', { from: '>=1.0.0 <1.1.0' }),
    release('1.2.0', { from: '>=1.1.0 <1.2.0' }),
  ];

  test('has as many hops as it takes, over what is at hand', () => {
    const both = [offered('1.1.0'), offered('1.2.0')];
    assert.deepEqual(choose({ channel, offered: both }).hops, ['1.1.0', '1.2.0']);
    assert.deepEqual(choose({ channel, offered: both, to: '1.1.0' }).hops, ['1.1.0']);
    assert.deepEqual(choose({ channel, offered: [offered('1.1.0')] }).hops, ['1.1.0']);
    assert.throws(
      () => choose({ channel, offered: [offered('1.2.0')], to: '1.2.0' }),
      coded('CHANNEL_NO_PATH'),
    );
  });

  test('is none for a release that the channel knows with other content', () => {
    const swapped = [offered('1.1.0', { digest: digest('other') })];
    assert.throws(() => choose({ channel, offered: swapped }), coded('CHANNEL_RELEASE_MISMATCH'));
  });

  test('tells of what the channel does not name, and of an installed release that was withdrawn', () => {
    const withdrawn = channel.map((each) =>
      each.version === '1.0.0' ? { ...each, withdrawn: 'loses users' } : each,
    );
    const { notes } = choose({ channel: withdrawn, offered: [offered('1.1.0'), offered('9.0.0')] });
    assert.match(notes.join('\n'), /9\.0\.0, which the channel does not name/);
    assert.match(notes.join('\n'), /1\.0\.0, which is installed, was withdrawn: loses users/);
  });

  test('goes only where the release itself allows it too', () => {
    const narrow = [offered('1.1.0', { from: '>=1.0.5' })];
    assert.throws(() => choose({ channel, offered: narrow, to: '1.1.0' }), coded('CHANNEL_NO_PATH'));
  });

  test('does not lead to a release for another Kubernetes', () => {
    assert.throws(() => choose({ channel, to: '1.1.0', kubernetes: 'v1.40.0' }), coded('CHANNEL_NO_PATH'));
  });
});

describe('a way without a channel', () => {
  test('is one hop, to the newest that says it may be reached from here', () => {
    const both = [offered('1.1.0', { from: '>=1.0.0' }), offered('1.2.0', { from: '>=1.1.0' })];
    assert.deepEqual(choose({ offered: both }).hops, ['1.1.0']);
    assert.throws(() => choose({ offered: both, to: '1.2.0' }), coded('CHANNEL_NO_PATH'));
  });

  test('goes to a release that does not say from where it may be reached, and tells so', () => {
    const { hops, notes } = choose({});
    assert.deepEqual(hops, ['1.1.0']);
    assert.match(notes.join('\n'), /no channel here/);
    assert.match(notes.join('\n'), /1\.1\.0 does not say/);
  });

  test('is none where a version stands for two contents; a copy of the same is no matter', () => {
    const one = offered('1.1.0');
    const twin = offered('1.1.0', { digest: digest('other'), place: 'stick/a.bundle.tar' });
    for (const both of [
      [one, twin],
      [twin, one],
    ])
      assert.throws(() => choose({ offered: both }), coded('CHANNEL_RELEASE_MISMATCH'));
    assert.deepEqual(choose({ offered: [one, { ...one, place: 'stick/copy.bundle.tar' }] }).hops, ['1.1.0']);
  });

  test('is empty where it is installed already, and none back or sideways', () => {
    assert.deepEqual(choose({ offered: [offered('1.0.0')] }).hops, []);
    assert.deepEqual(choose({ offered: [offered('1.0.0'), offered('1.1.0')], to: '1.0.0' }).hops, []);
    const other = [offered('1.0.0', { digest: digest('other') })];
    assert.throws(() => choose({ offered: other }), coded('CHANNEL_RELEASE_MISMATCH'));
    assert.throws(() => choose({ offered: [offered('0.9.0')] }), coded('CHANNEL_NO_PATH'));
    assert.throws(() => choose({ to: '3.0.0' }), coded('CHANNEL_RELEASE_UNKNOWN'));
    assert.throws(
      () => choose({ offered: [offered('1.1.0', { name: 'else' })] }),
      coded('CHANNEL_RELEASE_UNKNOWN'),
    );
  });
});

test('versions in both of two ranges', () => {
  assert.equal(bothRanges('>=1 <2', '>=1.5'), '>=1 <2 >=1.5');
  assert.equal(bothRanges('1.x || 2.x', '>=1.5 || 3.x'), '1.x >=1.5 || 1.x 3.x || 2.x >=1.5 || 2.x 3.x');
  assert.equal(bothRanges('', '>=1'), '');
});
