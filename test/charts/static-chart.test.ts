import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createHelm, type Helm } from '../../apply/helm/helm.ts';
import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';
import { writeStaticChart } from '../../apply/release/static-chart.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { helmProgram } from './helm-program.ts';

describe('a chart of objects', () => {
  let folder: string;
  let helm: Helm;
  before(async () => {
    folder = await testFolder('apply');
    helm = createHelm({ program: await helmProgram(), home: join(folder, 'helm'), environment: {} });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** What Helm makes of them. */
  const rendered = async (objects: readonly KubeObject[], metadata = { name: 'app', version: '1.0.0' }) => {
    const chart = join(folder, 'app.chart');
    await writeStaticChart(chart, metadata, objects);
    return parseManifests(await helm.template({ name: 'app', namespace: 'there', chart }), 'app');
  };
  const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name);
  const byName = (objects: readonly KubeObject[]) =>
    objects.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));

  test('renders to just these objects, whatever their texts hold', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '{{ .Values.x }}',
        '}}',
        '{{',
        '{{{{',
        '{{- /* */ -}}',
        '---\n# x',
        '`',
        '\\',
        '\u2028',
        'yes',
        '0644',
      ),
    );
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc
          .double({ noNaN: true, noDefaultInfinity: true })
          .map((number) => (Object.is(number, -0) ? 0 : number))
          // Written out in full, a number without a fraction is an integer, and comes back as one with all its digits.
          .filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number)),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).value;
    const object = fc.record({
      spec: value,
      labels: fc.dictionary(text, text, { maxKeys: 2, noNullPrototype: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(object, { minLength: 1, maxLength: 20 }), async (drafts) => {
        const objects = drafts.map(
          ({ spec, labels }, index): KubeObject => ({
            apiVersion: 'example.com/v1',
            kind: 'Thing',
            metadata: { name: `thing-${String(index).padStart(3, '0')}`, labels },
            spec,
          }),
        );
        assert.deepEqual(byName(await rendered(objects)), objects);
      }),
      { numRuns: 15 },
    );
  });

  test('integers keep all their digits', async () => {
    const [object] = parseManifests(
      'apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {big: 9007199254740993, small: 3, hex: 0x7fffffffffffffff, negative: -9223372036854775808}\n',
      'x',
    );
    assert.ok(object !== undefined);
    assert.deepEqual(await rendered([object]), [object]);
    assert.deepEqual(object.spec, {
      big: 9007199254740993n,
      small: 3,
      hex: 9223372036854775807n,
      negative: -9223372036854775808n,
    });
  });

  test('an object that only says how its name begins still does', async () => {
    const [job] = parseManifests('apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: seed-}\n', 'x');
    assert.ok(job !== undefined);
    const chart = join(folder, 'app.chart');
    await writeStaticChart(chart, { name: 'app', version: '1.0.0' }, [job]);
    const text = await helm.template({ name: 'app', namespace: 'there', chart });
    assert.match(text, /"metadata":\{"generateName":"seed-"\}/);
  });

  test('an object of some megabytes gets through', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { a: 'x{{'.repeat(500_000) },
    };
    assert.deepEqual(await rendered([object]), [object]);
  });

  test('many objects keep their order within a kind', async () => {
    const objects = Array.from({ length: 200 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `c-${String(index).padStart(3, '0')}` },
    }));
    assert.deepEqual(names(await rendered(objects)), names(objects));
  });

  test('what names and versions a chart has does not matter', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    for (const metadata of [
      { name: 'yes', version: '1.0.0+build.5', appVersion: '1.10', description: 'a: {{ b }} # c' },
      { name: 'a-b', version: '0.1.0-rc.1', appVersion: '2024-01-01' },
    ])
      assert.deepEqual(await rendered([object], metadata), [object]);
  });
});
