import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefusedField } from '../connection/problem-error.ts';
import { faultLines } from './fault-place.ts';

const FILE = `kind: ClusterProfile
metadata:
  name: base-1.0.0
spec:
  packs:
    - name: web
      values: |
        replicas: 0
---
kind: Cluster
metadata:
  name: edge
  labels:
    site: 'no way'
spec:
  paused: maybe
`;

test('a field at fault is found in the file that the object came from', () => {
  const meant = { source: 'all.yaml', text: FILE };
  const profile = { ...meant, kind: 'ClusterProfile', name: 'base-1.0.0' };
  const cluster = { ...meant, kind: 'Cluster', name: 'edge' };
  const fault = (pointer: string, within?: string) => ({ pointer, path: 'p', message: 'm', within });
  const line = (one: RefusedField, where: typeof profile) => faultLines([one], where)[0];
  assert.equal(line(fault('/spec/packs/0/values', '/replicas'), profile), 'all.yaml:8:9: p: m');
  assert.equal(line(fault('/spec/packs/0/digest'), profile), 'all.yaml:6:7: p: m');
  assert.equal(line(fault('/labels/site'), cluster), 'all.yaml:14:5: p: m');
  assert.equal(line(fault('/name'), cluster), 'all.yaml:12:3: p: m');
  assert.equal(line(fault('/spec/paused'), cluster), 'all.yaml:16:3: p: m');
  const alone = { source: '-', text: 'paused: maybe\n', kind: 'Cluster', name: 'edge' };
  assert.equal(line(fault('/spec/paused'), alone), '-:1:1: p: m');
  assert.equal(line(fault('/spec'), { ...alone, text: '' }), '-: p: m');
});
