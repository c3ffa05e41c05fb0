import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { findCulprit, latestOther } from './culprit.ts';

const REPLICAS = { keys: ['f:spec', 'f:replicas'], path: '.spec.replicas' };
const TEAM = { keys: ['f:metadata', 'f:labels', 'f:team'], path: '.metadata.labels.team' };
const CLEAN = '2026-01-01T10:00:00Z';
const LATER = '2026-01-01T10:05:00Z';

/** As an API server of 1.34 recorded it: applied by helm, scaled by kubectl, its status written. */
const live: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    managedFields: [
      {
        manager: 'helm',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: CLEAN,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:selector': {} } },
      },
      {
        manager: 'kubectl',
        operation: 'Update',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
        subresource: 'scale',
        time: '2026-01-01T10:01:00Z',
      },
      {
        manager: 'kubectl-edit',
        operation: 'Update',
        apiVersion: 'apps/v1',
        time: LATER,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {}, 'f:note': {} } } },
      },
      {
        manager: 'kube-controller-manager',
        operation: 'Update',
        apiVersion: 'apps/v1',
        time: '2026-01-01T10:06:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:status': { 'f:replicas': {} } },
        subresource: 'status',
      },
    ],
  },
};

describe('who it was', () => {
  test('is who owns the field now, with the subresource', () => {
    const culprit = findCulprit(live, [REPLICAS], { manager: 'helm', cleanTime: CLEAN });
    assert.deepEqual(culprit, { by: 'kubectl, subresource scale', at: '2026-01-01T10:01:00Z' });
  });

  test('of a field that is gone is who alone has written since all was well', () => {
    const since = (cleanTime: string | undefined) =>
      findCulprit(live, [TEAM], { manager: 'helm', cleanTime })?.by;
    assert.equal(since('2026-01-01T10:01:00Z'), 'kubectl-edit');
    assert.equal(since(CLEAN), undefined);
    assert.equal(since(LATER), undefined);
    assert.equal(since(undefined), undefined);
  });

  test('is never who only wrote status', () => {
    assert.equal(latestOther(live, 'helm'), LATER);
  });
});
