import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { parseMirror, readMirrorFile } from './mirror-file.ts';

const GOOD = `apiVersion: skerry.dev/v1
kind: Mirror
name: team
registries:
  - host: registry.example:5000
    requestsPerSecond: 5
jobs:
  - name: base
    from: https://registry.example:5000
    to: http://localhost:5000
    repositories:
      - team/*
      - match: other/app
        to: app
        tags: {semver: '>=1.2 <2', newest: {count: 3}}
    backup: '{tag}-before-{digest}'
    delete: {maxShare: 5}
  - name: images
    to: stick
    images: ['nginx:1.27', {image: 'quay.io/a/b:1', to: 'b:1'}]
    verify: [{key: cosign.pub}]
`;
const MISTAKES: [string, string, string][] = [
  ['name: team', 'name: Team', '3:7'],
  ['requestsPerSecond: 5', 'requestsPerSecond: 0', '6:24'],
  ['requestsPerSecond: 5', 'rate: 5', '6:5'],
  ['- team/*', '- Team/*', '12:9'],
  ['match: other/app', 'match: other/*', '13:9'],
  ["semver: '>=1.2 <2'", 'semver: newest', '15:24'],
  ['count: 3', 'count: 0', '15:52'],
  ["backup: '{tag}-before-{digest}'", "backup: '{tag}-old'", '16:13'],
  ['maxShare: 5', 'maxShare: 101', '17:24'],
  ['name: images', 'name: base', '18:11'],
  ['key: cosign.pub', 'keys: cosign.pub', '21:15'],
  ["'nginx:1.27'", "'Nginx'", '20:14'],
];

test('a mirror file is read, and each mistake told with file, line and column', () => {
  const { jobs } = parseMirror(GOOD, 'mirror.yaml');
  assert.deepEqual(
    jobs.map(({ name, delete: rule }) => [name, rule?.maxShare]),
    [
      ['base', 5],
      ['images', undefined],
    ],
  );
  for (const [from, to, where] of MISTAKES) {
    assert.ok(GOOD.includes(from), from);
    const invalid = (error: unknown) =>
      isSkerryError(error, 'MIRROR_INVALID') && error.subject === `mirror.yaml:${where}`;
    assert.throws(() => parseMirror(GOOD.replace(from, to), 'mirror.yaml'), invalid, to);
  }
});

test('a job without anything to take, and repositories without a place, are refused', () => {
  const invalid = (error: unknown) => isSkerryError(error, 'MIRROR_INVALID');
  const job = (text: string) =>
    `{apiVersion: skerry.dev/v1, kind: Mirror, name: x, jobs: [{name: a, to: b, ${text}}]}`;
  assert.throws(() => parseMirror(job('images: []'), 'x'), invalid);
  assert.throws(() => parseMirror(job("repositories: ['**']"), 'x'), invalid);
  assert.throws(() => parseMirror(job("from: c, tags: {match: '('}"), 'x'), invalid);
  assert.equal(parseMirror(job('from: c'), 'x').jobs.length, 1);
});

test('a rule for signatures trusts either a key or an identity, and an identity says who vouches for it', () => {
  const verify = (rule: object) =>
    `{apiVersion: skerry.dev/v1, kind: Mirror, name: x, jobs: [{name: a, from: b, to: c, verify: [${JSON.stringify(rule)}]}]}`;
  const by = { issuer: 'https://issuer.test', trustedRoot: 'root.json' };
  for (const rule of [{ key: 'a.pub' }, { identity: 'a@b.test', ...by }, { identityMatch: '.*@b', ...by }])
    assert.equal(parseMirror(verify(rule), 'x').jobs[0]?.verify?.length, 1);
  for (const rule of [
    {},
    by,
    { key: 'a.pub', ...by },
    { key: 'a.pub', identity: 'a@b.test', ...by },
    { identity: 'a@b.test' },
    { identity: 'a@b.test', issuer: by.issuer },
    { identity: 'a@b.test', identityMatch: '.*', ...by },
    { identityMatch: '(', ...by },
  ])
    assert.throws(
      () => parseMirror(verify(rule), 'x'),
      (error) => isSkerryError(error, 'MIRROR_INVALID'),
      JSON.stringify(rule),
    );
});

test('an address that no registry has is refused, and its password not told', () => {
  const job = (field: string, address: string) =>
    `{apiVersion: skerry.dev/v1, kind: Mirror, name: x, jobs: [{name: a, from: b, to: c, ${field}: '${address}'}]}`.replace(
      field === 'from' ? 'from: b, ' : 'to: c, ',
      '',
    );
  for (const field of ['from', 'to'])
    for (const address of [
      'https://user:hunter2@registry.example',
      'https://registry.example/team',
      'docker://registry.example',
      'HTTPS://user:hunter2@registry.example',
    ])
      assert.throws(
        () => parseMirror(job(field, address), 'x'),
        (error) => isSkerryError(error, 'MIRROR_INVALID') && !error.message.includes('hunter2'),
        `${field} ${address}`,
      );
  for (const address of ['https://registry.example:5000', 'http://localhost/', '../a b/c', '/media/x'])
    assert.equal(parseMirror(job('from', address), 'x').jobs[0]?.from, address);
});

test('one bundle for two jobs, of which each would take out what the other has put in, is refused', () => {
  const mirror = (...targets: string[]) => {
    const jobs = targets.map((to, index) => `{name: a${index}, from: b, to: ${to}}`);
    return `{apiVersion: skerry.dev/v1, kind: Mirror, name: x, jobs: [${jobs.join(', ')}]}`;
  };
  assert.throws(
    () => parseMirror(mirror('out/a.bundle.tar', './x/../out/a.bundle.tar'), 'x'),
    (error) => isSkerryError(error, 'MIRROR_INVALID') && String(error.detail).includes('jobs.1.to'),
  );
  assert.equal(parseMirror(mirror('a.bundle.tar', 'b.bundle.tar', 'c', 'c'), 'x').jobs.length, 4);
});

test('a file that is not there is reported', async () => {
  await assert.rejects(readMirrorFile('/nowhere/mirror.yaml'), (error) =>
    isSkerryError(error, 'MIRROR_NOT_FOUND'),
  );
});
