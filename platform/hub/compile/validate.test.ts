// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are the variables of profiles written
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { packOf, profileOf, samplePacks } from './testing/sample.ts';
import { validateProfile } from './validate-profile.ts';
import { windowFindings } from './window-findings.ts';

const found = (findings: readonly { code: string; path: string }[]) =>
  findings.map(({ code, path }) => `${code} ${path}`);

describe('validating a profile', () => {
  test('a sound one is sound, also with variables that only a cluster gives', () => {
    const variables = [{ name: 'count', type: 'integer' as const }];
    const profile = profileOf([packOf('a', { values: 'replicas: ${count}' })], { variables });
    assert.deepEqual(validateProfile(profile, samplePacks()), []);
  });

  test('everything that is wrong is found, each with its field', () => {
    const profile = profileOf(
      [
        packOf('a', { values: 'replicas: none' }),
        packOf('b', { preset: 'x', values: 'host: ${nope}' }),
        packOf('gone'),
        packOf('other'),
        packOf('c', { dependsOn: ['d'] }),
        packOf('d', { dependsOn: ['c'] }),
      ],
      {
        variables: [
          { name: 'p', sensitive: true, default: 'x' },
          { name: 'q', pattern: '(' },
        ],
      },
    );
    const packs = samplePacks({ gone: { state: 'unknown-name' }, other: { state: 'unknown-digest' } });
    assert.deepEqual(found(validateProfile(profile, packs)), [
      'VARIABLE_INVALID spec.variables[0].default',
      'VARIABLE_INVALID spec.variables[1].pattern',
      'VALUES_INVALID spec.packs[0].values',
      'PACK_PRESET_UNKNOWN spec.packs[1].preset',
      'VARIABLE_UNKNOWN spec.packs[1].values.host',
      'PACK_NOT_FOUND spec.packs[2].name',
      'PACK_DIGEST_UNKNOWN spec.packs[3].digest',
      'DEPENDENCY_CYCLE spec.packs',
    ]);
  });
});

test('a window in a time zone that nobody knows is found', () => {
  const maintenance = [
    { start: '10:00', minutes: 10 },
    { start: '10:00', minutes: 10, timeZone: 'Nowhere/Land' },
  ];
  assert.deepEqual(found(windowFindings({ policy: { maintenance } })), [
    'MAINTENANCE_WINDOW_INVALID spec.policy.maintenance[1].timeZone',
  ]);
});
