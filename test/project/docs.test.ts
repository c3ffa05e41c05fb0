import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path/posix';
import { before, describe, test } from 'node:test';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { PackSchema } from '../../bundle/charts/pack.ts';
import { parseRelease } from '../../bundle/release.ts';
import { parseMirror } from '../../mirror/file/mirror-file.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { helpOf } from '../../scripts/cli-reference.ts';
import { errorRooms } from '../../scripts/error-rooms.ts';
import { wholeProgram } from '../../scripts/program.ts';
import { references } from '../../scripts/references.ts';
import { refusalOf, unknownCommands } from './command-check.ts';
import { anchorsOf, localLinks } from './markdown-links.ts';
import { projectFiles } from './project-files.ts';
import { fencedBlocks, shellCommands } from './shell-lines.ts';

const ROOT = join(import.meta.dirname, '../..');
const files = await projectFiles(ROOT);
const generated = await references();
const pages = files.filter((path) => path.endsWith('.md'));

async function read(path: string): Promise<string> {
  return await readFile(join(ROOT, path), 'utf8');
}

describe('generated documents', () => {
  for (const [path, expected] of generated) {
    test(`${path} is what npm run docs makes of the code`, async () => {
      const found = await read(path);
      if (path.endsWith('.json')) assert.deepEqual(JSON.parse(found), JSON.parse(expected));
      else assert.ok(found === expected, `${path} is stale: run npm run docs`);
    });
  }

  test('have every error table of the project in them', () => {
    // Benchmarks are for who works on the project; no user meets their errors.
    const tables = files
      .filter((path) => path.endsWith('/errors.ts') && !path.startsWith('test/bench/'))
      .map((path) => dirname(path));
    assert.deepEqual(errorRooms.map(({ room }) => room).sort(), tables);
  });
});

describe('error tables', () => {
  const entries = errorRooms.flatMap(({ room, table }) =>
    Object.entries(table).map(([code, entry]) => ({ room, code, ...entry })),
  );

  test('have no code in common', () => {
    const codes = entries.map(({ code }) => code);
    assert.deepEqual(
      codes.filter((code, index) => codes.indexOf(code) !== index),
      [],
    );
  });

  test('have no code that nothing throws', async () => {
    const sources = files.filter(
      (path) => /(?<!\.test|\/errors)\.ts$/.test(path) && !path.startsWith('test/docs'),
    );
    const text = (await Promise.all(sources.map(read))).join('\n');
    assert.deepEqual(
      entries.map(({ code }) => code).filter((code) => !text.includes(`'${code}'`)),
      [],
    );
  });

  test('give only the exit codes that are documented', () => {
    const exits = new Set(entries.map(({ exit = 1 }) => exit));
    assert.deepEqual([...exits.difference(new Set([1, 2, 3, 4, 5, 6, 7, 130]))], []);
  });

  test('send readers to commands and pages that exist', async () => {
    const program = await wholeProgram();
    const wrong = entries.flatMap(({ code, remedy }) => [
      ...unknownCommands(remedy, program).map((mention) => `${code}: ${mention}`),
      ...[...remedy.matchAll(/docs\/[\w/.-]*\w/g)]
        .filter(([path]) => !files.includes(path))
        .map(([path]) => `${code}: ${path}`),
    ]);
    assert.deepEqual(wrong, []);
  });
});

describe('the formats that people write', () => {
  for (const [path, page] of [
    ['docs/schemas/release.schema.json', 'docs/release.md'],
    ['docs/schemas/pack.schema.json', 'docs/packs.md'],
    ['docs/schemas/mirror.schema.json', 'docs/mirror.md'],
  ] as const) {
    test(`${page} describes every field of ${path}`, async () => {
      const text = await read(page);
      const fields = fieldsOf(JSON.parse(await read(path)));
      assert.ok(fields.length > 5);
      assert.deepEqual(
        fields.filter((field) => !text.includes(`\`${field}\``)),
        [],
      );
    });
  }

  test('fit what the project itself has written', async () => {
    for (const [path, ...written] of [
      [
        'docs/schemas/release.schema.json',
        ...['manifests/release.yaml', 'manifests/nodes.yaml', 'manifests/aws.yaml'],
      ],
      ['docs/schemas/pack.schema.json', ...files.filter((file) => file.endsWith('/pack.yaml'))],
    ] as const) {
      const schema = z.fromJSONSchema(JSON.parse(await read(path)));
      for (const file of written) {
        const content: unknown = parse(await read(file));
        assert.deepEqual(schema.safeParse(content).error?.issues, undefined, file);
        assert.equal(schema.safeParse({ ...Object(content), colour: 'red' }).success, false, file);
      }
    }
  });

  test('are shown by examples that are right', async () => {
    const [, release = ''] = fencedBlocks(await read('docs/release.md'), ['yaml']);
    assert.equal(parseRelease(release, 'docs/release.md').name, 'island');
    const alone = fencedBlocks(await read('docs/release.md'), ['yaml']).filter((text) =>
      text.includes('kind: Release'),
    );
    assert.deepEqual(
      alone.map((text) => parseRelease(text, 'docs/release.md').components.length),
      [2, 0],
    );
    const mirrors = fencedBlocks(await read('docs/mirror.md'), ['yaml']).filter(
      (text) => !text.startsWith('#'),
    );
    const names = mirrors.map((text) => parseMirror(text, 'docs/mirror.md').name);
    assert.deepEqual(names, ['team', 'platform', 'to-the-stick', 'from-the-stick', 'signed']);
    const [pack = ''] = fencedBlocks(await read('docs/packs.md'), ['yaml']);
    assert.equal(PackSchema.parse(parse(pack)).name, 'podinfo');
  });
});

function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const properties =
    'properties' in schema && typeof schema.properties === 'object' ? schema.properties : null;
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(fieldsOf)];
}

describe('documentation', () => {
  let texts: Map<string, string>;
  before(async () => {
    texts = new Map(await Promise.all(pages.map(async (path) => [path, await read(path)] as const)));
  });

  test('shows only command lines that skerry takes', async () => {
    const refused: string[] = [];
    let shown = 0;
    for (const [path, text] of texts) {
      for (const [program = '', ...args] of fencedBlocks(text, ['sh']).flatMap(shellCommands)) {
        if (!/^(?:\S*\/)?skerry$/.test(program)) continue;
        shown++;
        const refusal = await refusalOf(await wholeProgram(), args);
        if (refusal !== undefined) refused.push(`${path}: skerry ${args.join(' ')}: ${refusal}`);
      }
    }
    assert.deepEqual(refused, []);
    assert.ok(shown > 20, `${shown} command lines were looked at`);
  });

  test('shows only npm scripts that exist', () => {
    const scripts = [...texts].flatMap(([path, text]) =>
      fencedBlocks(text, ['sh'])
        .flatMap(shellCommands)
        .flatMap(([npm, verb, script]) => (npm === 'npm' && verb === 'run' ? [`${path}: ${script}`] : [])),
    );
    assert.ok(scripts.length > 0);
    const known = Object.keys(packageJson.scripts);
    assert.deepEqual(
      scripts.filter((script) => !known.includes(script.split(': ')[1] ?? '')),
      [],
    );
  });

  test('links only to pages and headings that exist', () => {
    const broken = [...texts].flatMap(([page, text]) =>
      localLinks(text)
        .filter(({ path, anchor }) => {
          const target = path === '' ? page : normalize(join(dirname(page), path)).replace(/\/$/, '');
          if (!files.some((file) => file === target || file.startsWith(`${target}/`))) return true;
          return anchor !== undefined && !anchorsOf(texts.get(target) ?? '').has(anchor);
        })
        .map(({ path, anchor }) => `${page}: ${path}${anchor === undefined ? '' : `#${anchor}`}`),
    );
    assert.deepEqual(broken, []);
  });

  test('has every operator page linked from the README', () => {
    const linked = new Set(localLinks(texts.get('README.md') ?? '').map(({ path }) => path));
    const own = pages.filter((path) => /^docs\/[^/]+\.md$/.test(path));
    assert.deepEqual(
      own.filter((path) => !linked.has(path)),
      [],
    );
  });
});

describe('the examples of --help', () => {
  test('are command lines that skerry takes', async () => {
    const refused: string[] = [];
    const examples = exampleLines(await wholeProgram());
    for (const example of examples) {
      for (const [program = '', ...args] of shellCommands(example)) {
        if (!/^(?:\S*\/)?skerry$/.test(program)) continue;
        const refusal = await refusalOf(await wholeProgram(), args);
        if (refusal !== undefined) refused.push(`${example}: ${refusal}`);
      }
    }
    assert.deepEqual(refused, []);
    assert.ok(examples.length > 10, `${examples.length} examples were looked at`);
  });
});

/** Lines below "Example:" or "Examples:"; what explains one stands behind at least two blanks. */
function exampleLines(program: Command): string[] {
  const all = (command: Command): string[] => [helpOf(command), ...command.commands.flatMap(all)];
  return all(program).flatMap(
    (help) =>
      (help.split(/^Examples?:\n/m)[1] ?? '')
        .split('\n\n')[0]
        ?.split('\n')
        .map((line) => line.trim().split(/ {2,}/)[0] ?? '') ?? [],
  );
}

describe('the checks of documentation', () => {
  test('refuse a command, an option, a value and a missing argument that skerry does not take', async () => {
    assert.match((await refusalOf(await wholeProgram(), ['instal', 'stick/'])) ?? '', /unknown command/);
    assert.match(
      (await refusalOf(await wholeProgram(), ['install', 'stick/', '--force'])) ?? '',
      /unknown option/,
    );
    assert.match((await refusalOf(await wholeProgram(), ['install'])) ?? '', /missing required argument/);
    assert.match(
      (await refusalOf(await wholeProgram(), ['install', 'a/', 'b/'])) ?? '',
      /too many arguments/,
    );
    assert.match(
      (await refusalOf(await wholeProgram(), ['bundle', 'create', 'release.yaml'])) ?? '',
      /--out/,
    );
    assert.match((await refusalOf(await wholeProgram(), ['completion', 'csh'])) ?? '', /choices|Allowed/);
    assert.equal(
      await refusalOf(await wholeProgram(), ['install', 'stick/', '--dry-run', '--output', 'json']),
      undefined,
    );
  });

  test('find a command in a sentence that does not exist', async () => {
    const program = await wholeProgram();
    assert.deepEqual(unknownCommands('Run skerry registry serve on a host.', program), []);
    assert.deepEqual(unknownCommands('Make it with skerry registry user rename.', program), [
      'skerry registry user rename',
    ]);
  });

  test('read commands out of a shell block as a shell does', () => {
    const text = [
      'SKERRY_HELM=/opt/helm dist/skerry bundle create "my release.yaml" \\',
      '  -o stick/   # a comment with skerry nonsense',
      'source <(skerry completion bash)',
      'skerry registry hash-password < password.txt >> users.txt && skerry status',
    ].join('\n');
    assert.deepEqual(shellCommands(text), [
      ['dist/skerry', 'bundle', 'create', 'my release.yaml', '-o', 'stick/'],
      ['source'],
      ['skerry', 'completion', 'bash'],
      ['skerry', 'registry', 'hash-password'],
      ['password.txt'],
      ['users.txt'],
      ['skerry', 'status'],
    ]);
  });

  test('take only the blocks of the language that is asked for', () => {
    const page = '```sh\nskerry status\n```\n\n```text\nskerry nonsense\n```\n';
    assert.deepEqual(fencedBlocks(page, ['sh']), ['skerry status\n']);
  });

  test('see links and the anchors of headings', () => {
    const page =
      '# Keys and trust\n\nSee [errors](errors.md#key_invalid) and [the web](https://example.org).\n';
    assert.deepEqual(localLinks(page), [{ path: 'errors.md', anchor: 'key_invalid' }]);
    assert.deepEqual([...anchorsOf(`${page}\n### KEY_INVALID\n`)], ['keys-and-trust', 'key_invalid']);
  });
});
