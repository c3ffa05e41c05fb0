import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helmError, placeOf } from './helm-error.ts';

const cases: [stderr: string, code: string, place: string | undefined][] = [
  [
    'Error: demo/templates/a.yaml:3:10\n  executing "demo/templates/a.yaml" at <.Values.a.b.c>:\n    nil pointer evaluating interface {}.b\n\nUse --debug flag to render out invalid YAML\n',
    'HELM_RENDER_FAILED',
    'demo/templates/a.yaml:3',
  ],
  [
    'Error: execution error at (demo/charts/sub/templates/a.yaml:7:3): no way',
    'HELM_RENDER_FAILED',
    'demo/charts/sub/templates/a.yaml:7',
  ],
  [
    'Error: parse error at (demo/templates/a.yaml:3): missing value for if',
    'HELM_RENDER_FAILED',
    'demo/templates/a.yaml:3',
  ],
  [
    'level=WARN msg="old"\nError: YAML parse error on demo/templates/a.yaml: error converting YAML to JSON: yaml: line 9: mapping values are not allowed in this context',
    'HELM_RENDER_FAILED',
    'demo/templates/a.yaml:9',
  ],
  [
    "Error: values don't meet the specifications of the schema(s) in the following chart(s):\ntiny:\n- at '/replicas': got string, want integer",
    'HELM_RENDER_FAILED',
    undefined,
  ],
  [
    'Error: kubernetes cluster unreachable: Get "http://localhost:8080/version": dial tcp',
    'CLUSTER_UNREACHABLE',
    undefined,
  ],
  [
    'Error: UPGRADE FAILED: secrets is forbidden: User "x" cannot list resource "secrets"',
    'CLUSTER_FORBIDDEN',
    undefined,
  ],
  [
    'Error: UPGRADE FAILED: Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas',
    'APPLY_CONFLICT',
    undefined,
  ],
  [
    'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
    'HELM_RELEASE_BUSY',
    undefined,
  ],
];

for (const [stderr, code, place] of cases) {
  test(`helm's words ${JSON.stringify(stderr.slice(0, 60))} become ${code}`, () => {
    const error = helmError({ subject: 'demo', stderr });
    assert.equal(error.code, code);
    assert.equal(placeOf(stderr), place);
    if (place !== undefined) assert.ok(error.detail?.startsWith(`${place}: `), String(error.detail));
    assert.ok(!error.detail?.includes('--debug') && !error.detail?.includes('level='), String(error.detail));
  });
}

test('a value that the schema refuses is not repeated, since it may be a secret', () => {
  const stderr =
    "Error: values don't meet the specifications of the schema(s):\n- at '/password': 'hunter2' does not match pattern '^.{12,}$'";
  const { code, detail } = helmError({ subject: 'demo', stderr });
  assert.equal(code, 'HELM_RENDER_FAILED');
  assert.ok(detail?.includes('/password') && !detail.includes('hunter2'), String(detail));
});
