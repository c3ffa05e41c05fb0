import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseManifests } from '../../apply/manifest.ts';
import { isSkerryError } from '../../content/error.ts';
import { checkCharts, type Rendering, refuseErrors } from './check-charts.ts';
import { duplicateKeys } from './duplicate-keys.ts';
import { recordFindings } from './release-record.ts';

const codesOf = (texts: readonly string[], versions: readonly string[] = []) =>
  checkCharts(
    texts.map((text, index) => renderingOf(text, `component c${index}`, versions)),
    { kubernetes: '>=1.31 <1.36', charts: new Map(), health: () => [] },
  ).map(({ code, severity, place }) => `${severity} ${code} ${place}`);

function renderingOf(text: string, where: string, versions: readonly string[]): Rendering {
  return { use: { where, name: 'app', namespace: 'app', chart: 'app', component: 'app' }, text, versions };
}

const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.example}
spec:
  group: x.example
  names: {kind: Thing}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
                set: {type: array, x-kubernetes-list-type: set, items: {type: string}}
                whole: {type: array, x-kubernetes-list-type: atomic, items: {properties: {set: {type: array, x-kubernetes-list-type: set}}}}
`;
const thing = (spec: string) => `apiVersion: x.example/v1\nkind: Thing\nmetadata: {name: t}\nspec: ${spec}\n`;
const flow = 'apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: f}\n';

describe('checks of rendered charts', () => {
  test('a kind that one chart brings is known in all others of the release', () => {
    assert.deepEqual(codesOf([thing('{set: [a, a], whole: [{set: [a, a]}]}'), CRD]), [
      'error LIST_KEY_DUPLICATE component c0: Thing.x.example t spec.set[1]',
    ]);
    assert.deepEqual(codesOf([thing('{set: [a, a]}')]), []);
  });

  test('an API counts for the versions that a rendering is for', () => {
    assert.deepEqual(codesOf([flow], ['1.31.0']), []);
    assert.deepEqual(codesOf([flow], ['1.31.0', '1.32.3']), [
      'error API_REMOVED component c0: FlowSchema.flowcontrol.apiserver.k8s.io f',
    ]);
    assert.equal(codesOf([flow]).length, 1, 'all of the range');
  });

  test('the same finding of several renderings is reported once, and YAML that nobody can read is reported', () => {
    const load = 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: LoadBalancer}\n';
    assert.deepEqual(codesOf([`${load}---\n${load}`]), [
      'warning LOAD_BALANCER_NEEDED component c0: Service s',
    ]);
    assert.deepEqual(codesOf(['a: *nowhere']), ['error MANIFEST_NOT_APPLICABLE component c0']);
  });

  test('the first error is thrown with the others in its detail; warnings are not', () => {
    const finding = (code: 'API_REMOVED' | 'LIST_KEY_DUPLICATE', severity: 'error' | 'warning') => ({
      code,
      severity,
      place: code,
      detail: 'd',
    });
    refuseErrors([finding('API_REMOVED', 'warning')]);
    assert.throws(
      () => refuseErrors([finding('LIST_KEY_DUPLICATE', 'error'), finding('API_REMOVED', 'error')]),
      (error) => isSkerryError(error, 'LIST_KEY_DUPLICATE') && error.detail?.includes('API_REMOVED') === true,
    );
  });

  test('as many duplicates are found as entries repeat a name', () => {
    const names = fc.array(fc.constantFrom('A', 'B', 'C', 'D'), { maxLength: 8 });
    fc.assert(
      fc.property(names, names, (first, second) => {
        const env = (list: readonly string[]) => JSON.stringify(list.map((name) => ({ name })));
        const text = `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: x, env: ${env(first)}}, {name: y, env: ${env(second)}}]}}}}}\n`;
        const repeated = (list: readonly string[]) => list.length - new Set(list).size;
        assert.equal(
          duplicateKeys(parseManifests(text, 'x'), 'x').length,
          repeated(first) + repeated(second),
        );
      }),
    );
  });

  test('what Helm keeps is no finding when small, a warning near the limit, and an error above it', () => {
    const codes = (bytes: number) => {
      const noise = createHash('shake256', { outputLength: bytes }).update('x').digest('base64');
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: noise } };
      const given = { where: 'x', name: 'a', namespace: 'a', metadata: {}, values: {}, objects: [object] };
      return recordFindings(given).map(({ code }) => code);
    };
    assert.deepEqual(codes(100_000), []);
    assert.deepEqual(codes(320_000), ['RELEASE_RECORD_LARGE']);
    assert.deepEqual(codes(420_000), ['RELEASE_RECORD_TOO_LARGE']);
  });
});
