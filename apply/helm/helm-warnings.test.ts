import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helmWarnings } from './helm-warnings.ts';

// As Helm 4.3 writes them.
const STDERR = `level=INFO msg="found symbolic link in path. Contents of linked file included and used" path=/a resolved=/b
level=INFO msg="warning: destination for app.sub.a is a table. Ignoring non-table value (text)"
level=INFO msg="warning: destination for app.sub.a is a table. Ignoring non-table value (text)"
level=WARN msg="unresolved URN reference ignored; using permissive schema" urn=urn:x
time=2026-11-28T14:00:00Z level=ERROR msg="chart \\"a\\" is deprecated"
WARNING: Kubernetes configuration file is group-readable
Error: something else
`;

test('warnings are found whatever their level, each once, and nothing else', () => {
  assert.deepEqual(helmWarnings(STDERR), [
    'warning: destination for app.sub.a is a table. Ignoring non-table value (text)',
    '"unresolved URN reference ignored; using permissive schema" urn=urn:x',
    'chart "a" is deprecated',
    'WARNING: Kubernetes configuration file is group-readable',
  ]);
  assert.deepEqual(helmWarnings(''), []);
});
