import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { isSkerryError } from '../../content/error.ts';
import { parseMirror } from '../file/mirror-file.ts';
import { formatMirror, importConfiguration } from './import-file.ts';

const REGSYNC = String.raw`x-schedule: &nightly "15 01 * * *"
version: 1
creds:
  - registry: localhost:5000
    tls: disabled
    reqPerSec: 50
  - registry: docker.io
    user: '{{env "HUB_USER"}}'
    pass: '{{file "/var/run/secrets/hub_token"}}'
defaults:
  ratelimit: {min: 100, retry: 15m}
  parallel: 2
  backup: "old-{{.Ref.Tag}}"
sync:
  - source: busybox:latest
    target: localhost:5000/library/busybox:latest
    type: image
    interval: 60m
  - source: quay.io/team/tool@sha256:${'a'.repeat(64)}
    target: localhost:5000/tool:pinned
    type: image
  - source: alpine
    target: localhost:5000/library/alpine
    type: repository
    tags:
      allow: ["latest", "3.\\d+"]
      deny: ["3.0"]
      semverRange: [">=3.1", "<4"]
    schedule: *nightly
    platform: linux/amd64
  - source: localreg:5000
    target: ocidir:///srv/copy
    type: registry
    hooks: {pre: {type: exec, params: [date]}}
  - source: gcr.io/example
    target: localhost:5000/gcr/{{ index (split .Sync.Source "gcr.io/") 1 }}
    type: repository
`;

test('a configuration of regsync becomes jobs, and all that has no place is named', () => {
  const imported = importConfiguration(REGSYNC, 'regsync.yml', { name: 'hub', to: 'unused' });
  const { mirror, unmapped } = imported;
  assert.deepEqual(mirror.registries, [{ host: 'localhost:5000', plainHttp: true, requestsPerSecond: 50 }]);
  assert.equal(mirror.parallel, 2);
  const backup = 'old-{tag}-{digest}';
  assert.deepEqual(mirror.jobs, [
    {
      name: 'sync-1',
      backup,
      to: 'http://localhost:5000',
      images: [
        { image: 'busybox:latest', to: 'library/busybox:latest' },
        { image: `quay.io/team/tool@sha256:${'a'.repeat(64)}`, to: 'tool:pinned' },
      ],
    },
    {
      name: 'sync-3',
      backup,
      platforms: ['linux/amd64'],
      tags: { match: String.raw`(?:latest)|(?:3.\d+)`, except: '3.0', semver: '>=3.1 || <4' },
      from: 'https://docker.io',
      to: 'http://localhost:5000',
      repositories: [{ match: 'library/alpine', to: 'library/alpine' }],
    },
    { name: 'sync-4', backup, from: 'https://localreg:5000', to: '/srv/copy', repositories: ['**'] },
  ]);
  assert.deepEqual(
    unmapped.map(({ where }) => where),
    [
      'creds[1].user',
      'creds[1].pass',
      'defaults.ratelimit',
      'sync[0].interval',
      'sync[2].schedule',
      'sync[3].hooks',
      'sync[4].source',
    ],
  );
  const text = formatMirror(imported);
  assert.equal(parseMirror(text, 'mirror.yaml').jobs.length, 3);
  assert.match(text, /^# not mapped: creds\[1\]\.user: /m);
  assert.doesNotMatch(text, /HUB_USER/);
});

const IMAGE_SET = `apiVersion: mirror.openshift.io/v2alpha1
kind: ImageSetConfiguration
archiveSize: 4
mirror:
  platform: {channels: [{name: stable-4.16}]}
  operators: [{catalog: 'registry.redhat.io/redhat/redhat-operator-index:v4.16'}]
  additionalImages:
    - name: registry.redhat.io/ubi8/ubi:latest
    - name: docker.io/library/alpine:3
    - name: oci:///not/an/image
  blockedImages:
    - name: docker.io/library/alpine:3
  helm:
    local: [{name: podinfo, path: /charts/podinfo-5.0.0.tgz, values: {replicas: 2}}]
    repositories:
      - name: oci
        url: oci://ghcr.io/stefanprodan/charts
        charts: [{name: podinfo, version: 6.7.0, imagePaths: ['{.spec.image}']}]
      - name: old
        url: https://stefanprodan.github.io/podinfo
        charts: [{name: podinfo, version: 5.0.0}]
`;

test('of an ImageSetConfiguration images and charts are taken, and the rest is named', () => {
  const { mirror, unmapped } = importConfiguration(IMAGE_SET, 'imageset.yaml', { name: 'set', to: 'stick' });
  assert.deepEqual(mirror.jobs, [
    {
      name: 'images',
      to: 'stick',
      images: ['registry.redhat.io/ubi8/ubi:latest'],
      charts: [
        { chart: '/charts/podinfo-5.0.0.tgz', values: { replicas: 2 } },
        { chart: 'oci://ghcr.io/stefanprodan/charts/podinfo:6.7.0' },
      ],
    },
  ]);
  assert.deepEqual(unmapped.map(({ where }) => where).sort(), [
    'archiveSize',
    'mirror.additionalImages[2].name',
    'mirror.helm.repositories[0].charts[0].imagePaths',
    'mirror.helm.repositories[1].url',
    'mirror.operators',
    'mirror.platform',
  ]);
});

test('what is neither, or has nothing that could be mapped, is refused', () => {
  const choice = { name: 'x', to: 'y' };
  const invalid = (error: unknown) => isSkerryError(error, 'MIRROR_IMPORT_INVALID');
  for (const text of ['', '[1, 2]', 'a: [', 'kind: Deployment', 'version: 1\nsync: []'])
    assert.throws(() => importConfiguration(text, 'x', choice), invalid, text);
  assert.equal(parse(formatMirror(importConfiguration(REGSYNC, 'x', choice))).kind, 'Mirror');
});
