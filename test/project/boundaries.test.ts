import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findHouseViolations, findViolations, registry, type SourceText } from './boundaries.ts';
import { projectFiles } from './project-files.ts';

describe('the project', () => {
  test('keeps the directions between its rooms, and between those of the registry', async () => {
    const root = join(import.meta.dirname, '../..');
    const paths = (await projectFiles(root)).filter((path) => /\.tsx?$/.test(path));
    const sources = await Promise.all(
      paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })),
    );
    for (const room of ['content', 'bundle', 'registry', 'apply', 'installer', 'platform', 'manifests'])
      assert.ok(
        paths.some((path) => path.startsWith(`${room}/`)),
        `no file of ${room} was looked at`,
      );
    for (const room of Object.keys(registry.directions))
      assert.ok(
        room === '.' || paths.some((path) => path.startsWith(`registry/${room}/`)),
        `the registry has no ${room}`,
      );
    assert.deepEqual(findViolations(sources), []);
    assert.deepEqual(findHouseViolations(sources, registry), []);
  });
});

describe('a planted violation within the registry', () => {
  const planted: Record<string, SourceText> = {
    'of the store, which is at the bottom': {
      path: 'registry/store/open.ts',
      text: "import { collect } from '../gc/collect.ts';",
    },
    'of the protocol, by a type': {
      path: 'registry/protocol/endpoints/mount.ts',
      text: "import type { Access } from '../../access/access.ts';",
    },
    'of garbage collection, which knows no server': {
      path: 'registry/gc/sweep/sweep.ts',
      text: "import { serveRegistry } from '../../server/serve.ts';",
    },
    'of the scrub, which collects no garbage': {
      path: 'registry/scrub/scan.ts',
      text: "import { collect } from '../gc/collect.ts';",
    },
    "of the room's own files, which all may import": {
      path: 'registry/capability.ts',
      text: "import type { ServedStore } from './store/served-store.ts';",
    },
  };
  for (const [title, source] of Object.entries(planted)) {
    test(`${title} is found`, () => {
      const found = findHouseViolations([source], registry).map(({ rule, where }) => `${rule} ${where}`);
      assert.deepEqual(found, [`direction ${source.path}:1`]);
    });
  }

  test('by a folder that nobody has spoken of is found', () => {
    const source = { path: 'registry/cellar/thing.ts', text: '' };
    const found = findHouseViolations([source], registry).map(({ rule, where }) => `${rule} ${where}`);
    assert.deepEqual(found, ['room registry/cellar/thing.ts:1']);
  });

  test('of rooms that need each other is found, whatever the directions say', () => {
    const sources = [
      { path: 'registry/store/one.ts', text: "import '../gc/two.ts';" },
      { path: 'registry/gc/two.ts', text: "import '../scrub/three.ts';" },
      { path: 'registry/scrub/three.ts', text: "import '../store/one.ts';" },
    ];
    const free = { store: 'anything', gc: 'anything', scrub: 'anything' } as const;
    const found = findHouseViolations(sources, { folder: 'registry', directions: free });
    assert.deepEqual(
      found.map(({ rule, where }) => `${rule} ${where}`),
      ['cycle registry/store/one.ts:1', 'cycle registry/gc/two.ts:1', 'cycle registry/scrub/three.ts:1'],
    );
  });

  test('is none in a test, which goes through all of the registry', () => {
    const text = "import { collect } from '../gc/collect.ts';";
    assert.deepEqual(findHouseViolations([{ path: 'registry/store/open.test.ts', text }], registry), []);
  });
});

describe('a planted violation', () => {
  const planted: Record<string, [SourceText, { rule: string; where: string }]> = {
    'of content, which knows nothing of ours': [
      { path: 'content/store.ts', text: "\nimport { bundleError } from '../bundle/errors.ts';" },
      { rule: 'direction', where: 'content/store.ts:2' },
    ],
    'of content, which does not even know the package': [
      { path: 'content/store.ts', text: "import json from '../package.json' with { type: 'json' };" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'of the registry': [
      {
        path: 'registry/server/server.ts',
        text: "import { BundleStore } from '../../bundle/bundle-store.ts';",
      },
      { rule: 'direction', where: 'registry/server/server.ts:1' },
    ],
    'of the bundle': [
      { path: 'bundle/create.ts', text: "import { serveRegistry } from '../registry/serve.ts';" },
      { rule: 'direction', where: 'bundle/create.ts:1' },
    ],
    'of apply': [
      { path: 'apply/helm.ts', text: "import { NAMESPACE } from '../installer/names.ts';" },
      { rule: 'direction', where: 'apply/helm.ts:1' },
    ],
    'of the platform': [
      { path: 'platform/hub/server.ts', text: "import { PackSchema } from '../../bundle/pack.ts';" },
      { rule: 'direction', where: 'platform/hub/server.ts:1' },
    ],
    'of the installer': [
      { path: 'installer/cli.ts', text: "import { hubCommand } from '../platform/hub/command.ts';" },
      { rule: 'direction', where: 'installer/cli.ts:1' },
    ],
    'of a unit test, which keeps the directions of its room': [
      { path: 'content/copy/copy.test.ts', text: "import { serveRegistry } from '../../registry/serve.ts';" },
      { rule: 'direction', where: 'content/copy/copy.test.ts:1' },
    ],
    'by a type': [
      { path: 'content/store.ts', text: "import type { Helm } from '../apply/helm/helm.ts';" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'by a type in place': [
      { path: 'content/store.ts', text: "let helm: import('../apply/helm/helm.ts').Helm;" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'by a re-export': [
      { path: 'content/store.ts', text: "export * from '../apply/helm/helm.ts';" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'by a named re-export of a type': [
      { path: 'content/store.ts', text: "export type { Helm } from '../apply/helm/helm.ts';" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'by an import for its effects': [
      { path: 'content/store.ts', text: "import '../apply/helm/helm.ts';" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'by an import at run time': [
      { path: 'content/store.ts', text: "const { createHelm } = await import('../apply/helm/helm.ts');" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'by require': [
      { path: 'content/store.ts', text: "const helm = require('../apply/helm.ts');" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'by the URL of a worker': [
      { path: 'content/store.ts', text: "new Worker(new URL('../apply/helm/helm.ts', import.meta.url));" },
      { rule: 'direction', where: 'content/store.ts:1' },
    ],
    'by a detour through its own room': [
      { path: 'content/remote/store.ts', text: "import '../../content/../apply/helm.ts';" },
      { rule: 'direction', where: 'content/remote/store.ts:1' },
    ],
    'that hides the name that it imports': [
      { path: 'content/store.ts', text: 'await import(name);' },
      { rule: 'unseen', where: 'content/store.ts:1' },
    ],
    'by an absolute path': [
      { path: 'content/store.ts', text: "import '/srv/apply/helm.ts';" },
      { rule: 'unseen', where: 'content/store.ts:1' },
    ],
    "by the package's own name": [
      { path: 'content/store.ts', text: "import 'skerry/apply/helm.ts';" },
      { rule: 'unseen', where: 'content/store.ts:1' },
    ],
    'of the test room from the program': [
      { path: 'skerry.ts', text: "import { startCluster } from './test/cluster/cluster.ts';" },
      { rule: 'test code', where: 'skerry.ts:1' },
    ],
    'of the test room from the images, beside the one door': [
      {
        path: 'manifests/images/main.ts',
        text: "import { startCluster } from '../../test/cluster/cluster.ts';",
      },
      { rule: 'test code', where: 'manifests/images/main.ts:1' },
    ],
    'of test code within a room': [
      { path: 'registry/server/server.ts', text: "import { startRegistry } from './testing/registry.ts';" },
      { rule: 'test code', where: 'registry/server/server.ts:1' },
    ],
    'of a test file': [
      { path: 'registry/other.test.ts', text: "import { push } from './push.test.ts';" },
      { rule: 'test code', where: 'registry/other.test.ts:1' },
    ],
    'by a room that nobody has spoken of': [
      { path: 'lib/thing.ts', text: '' },
      { rule: 'room', where: 'lib/thing.ts:1' },
    ],
    'by a file named utils.ts': [
      { path: 'content/utils.ts', text: '' },
      { rule: 'name', where: 'content/utils.ts:1' },
    ],
    'by a file named types.ts': [
      { path: 'platform/hub/types.ts', text: '' },
      { rule: 'name', where: 'platform/hub/types.ts:1' },
    ],
    'by a file named helpers.ts': [
      { path: 'test/helpers.ts', text: '' },
      { rule: 'name', where: 'test/helpers.ts:1' },
    ],
    'by a folder named common': [
      { path: 'content/common/thing.ts', text: '' },
      { rule: 'name', where: 'content/common/thing.ts:1' },
    ],
  };
  for (const [title, [source, expected]] of Object.entries(planted)) {
    test(`${title} is found`, () => {
      const found = findViolations([source]).map(({ rule, where }) => ({ rule, where }));
      assert.deepEqual(found, [expected]);
    });
  }

  test('of two rooms that need each other is found, whatever the directions say', () => {
    const sources = [
      { path: 'a/one.ts', text: "import '../b/two.ts';" },
      { path: 'b/two.ts', text: "import '../c/three.ts';" },
      { path: 'c/three.ts', text: "import '../a/one.ts';" },
      { path: 'd/four.ts', text: "import '../a/one.ts';" },
    ];
    const free = { a: 'anything', b: 'anything', c: 'anything', d: 'anything' } as const;
    assert.deepEqual(
      findViolations(sources, free).map(({ rule, where }) => `${rule} ${where}`),
      ['cycle a/one.ts:1', 'cycle b/two.ts:1', 'cycle c/three.ts:1'],
    );
  });
});

describe('what is allowed', () => {
  const allowed: Record<string, SourceText> = {
    'Packages and modules of Node': {
      path: 'content/store.ts',
      text: "import { z } from 'zod';\nimport { join } from 'node:path';",
    },
    'The directions themselves': {
      path: 'installer/cli.ts',
      text: "import '../bundle/create.ts';\nimport '../registry/serve.ts';\nimport '../apply/helm/helm.ts';\nimport '../content/store.ts';\nimport json from '../package.json' with { type: 'json' };",
    },
    'The door from the images to programs': {
      path: 'manifests/images/platform-build.ts',
      text: "import { ensurePrograms } from '../../test/cluster/builds/programs.ts';",
    },
    'Test code in a test': {
      path: 'registry/push.test.ts',
      text: "import { startRegistry } from './testing/registry.ts';",
    },
    'An import that stands in a comment or a string': {
      path: 'content/store.ts',
      text: "// import '../apply/helm/helm.ts';\nconst text = \"import '../apply/helm/helm.ts'\";",
    },
  };
  for (const [title, source] of Object.entries(allowed)) {
    test(`${title} may be imported`, () => assert.deepEqual(findViolations([source]), []));
  }
});
