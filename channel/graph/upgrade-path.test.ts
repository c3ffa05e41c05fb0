import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import { isSkerryError } from '../../content/error.ts';
import { release } from '../testing/release.ts';
import { type PathOptions, upgradePath } from './upgrade-path.ts';

const versions = (path: readonly { readonly version: string }[]) => path.map(({ version }) => version);
const channel = [
  release('1.0.0', { from: '' }),
  release('1.1.0', { from: '>=1.0.0 <1.1.0' }),
  release('1.2.0', { from: '>=1.0.0 <1.2.0', stop: true }),
  release('1.3.0', { from: '>=1.1.0 <1.3.0' }),
  release('1.4.0', { from: '>=1.3.0 <1.4.0', track: 'candidate' }),
];

describe('a path of upgrades', () => {
  const paths: [string, PathOptions, string[]][] = [
    ['goes to the newest stable release', { from: '1.2.0' }, ['1.3.0']],
    ['stops where it must', { from: '1.0.0' }, ['1.2.0', '1.3.0']],
    ['goes where it is sent', { from: '1.0.0', to: '1.1.0' }, ['1.1.0']],
    ['is empty at the goal', { from: '1.3.0', to: '1.3.0' }, []],
    ['is empty where nothing is newer', { from: '1.3.0' }, []],
    ['leads to a candidate that was asked for', { from: '1.2.0', to: '1.4.0' }, ['1.3.0', '1.4.0']],
    ['leads to candidates that are allowed', { from: '1.2.0', candidates: true }, ['1.3.0', '1.4.0']],
    ['uses what is at hand', { from: '1.0.0', available: new Set(['1.1.0', '1.2.0']) }, ['1.2.0']],
  ];
  for (const [title, options, expected] of paths)
    test(title, () => assert.deepEqual(versions(upgradePath(channel, options)), expected));

  const refusals: [string, PathOptions, string, RegExp][] = [
    ['an unknown release', { from: '1.0.0', to: '9.0.0' }, 'CHANNEL_RELEASE_UNKNOWN', /9\.0\.0/],
    ['an older release', { from: '1.2.0', to: '1.1.0' }, 'CHANNEL_NO_PATH', /older/],
    [
      'a missing stop',
      { from: '1.0.0', to: '1.3.0', available: new Set(['1.1.0', '1.3.0']) },
      'CHANNEL_NO_PATH',
      /1\.2\.0/,
    ],
    [
      'a Kubernetes that it does not run on',
      { from: '1.0.0', to: '1.1.0', kubernetes: '1.20.1' },
      'CHANNEL_NO_PATH',
      /1\.20\.1/,
    ],
  ];
  for (const [title, options, code, detail] of refusals)
    test(`is refused for ${title}`, () => {
      assert.throws(
        () => upgradePath(channel, options),
        (error) => isSkerryError(error, code) && detail.test(error.message),
      );
    });

  test('never leads to a release that was withdrawn, nor stops there', () => {
    const withdrawn = channel.map((each) =>
      each.version === '1.2.0' ? { ...each, withdrawn: 'loses data' } : each,
    );
    assert.deepEqual(versions(upgradePath(withdrawn, { from: '1.1.0' })), ['1.3.0']);
    assert.throws(
      () => upgradePath(withdrawn, { from: '1.1.0', to: '1.2.0' }),
      (error) => isSkerryError(error, 'CHANNEL_NO_PATH') && /loses data/.test(error.message),
    );
  });

  test('has only steps that are allowed, and no shorter one exists', () => {
    const version = fc.integer({ min: 1, max: 8 }).map((minor) => `1.${minor}.0`);
    const any = fc.uniqueArray(
      fc.record({ version, least: fc.integer({ min: 0, max: 7 }), stop: fc.boolean(), bad: fc.boolean() }),
      { selector: (each) => each.version, maxLength: 8 },
    );
    fc.assert(
      fc.property(any, (drawn) => {
        const releases = drawn.map(({ version, least, stop, bad }) =>
          release(version, {
            from: `>=1.${least}.0 <${version}`,
            stop,
            ...(bad ? { withdrawn: 'bad' } : {}),
          }),
        );
        const path = upgradePath(releases, { from: '1.0.0' });
        let at = '1.0.0';
        for (const step of path) {
          assert.ok(semver.satisfies(at, step.from), `${at} to ${step.version}`);
          assert.equal(step.withdrawn, undefined);
          const jumped = releases.filter(
            (each) =>
              each.stop &&
              !each.withdrawn &&
              semver.gt(each.version, at) &&
              semver.lt(each.version, step.version),
          );
          assert.deepEqual(jumped, []);
          at = step.version;
        }
      }),
    );
  });
});
