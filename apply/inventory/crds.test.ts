import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { ScriptedApiServer } from '../testing/api-server.ts';
import { applyCrds } from './crds.ts';

const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [{ name: 'v1', served: true, storage: true }],
  },
};

test('a CRD whose names belong to another one is reported as such', async () => {
  const server = await ScriptedApiServer.start();
  try {
    const message = 'widgets is already in use';
    server.objects.controller = (object) => ({
      ...object,
      status: { conditions: [{ type: 'NamesAccepted', status: 'False', reason: 'PluralConflict', message }] },
    });
    await assert.rejects(applyCrds({ client: server.client(), crds: [CRD], timeoutMs: 500 }), (error) =>
      isSkerryError(error, 'CRD_NOT_ESTABLISHED'),
    );
    server.objects.controller = (object) => ({
      ...object,
      status: {
        conditions: [
          { type: 'NamesAccepted', status: 'True' },
          { type: 'Established', status: 'True' },
        ],
      },
    });
    await applyCrds({ client: server.client(), crds: [CRD], timeoutMs: 5000 });
  } finally {
    await server.close();
  }
});
