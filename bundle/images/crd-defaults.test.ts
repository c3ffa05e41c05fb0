import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imagesInCrd } from './crd-defaults.ts';

test('images that are defaults of a schema are found, other defaults are not', () => {
  const found = imagesInCrd(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.x.example
spec:
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              image:
                default: quay.io/acme/thing:1.0
                description: 'the image, by default: quay.io/acme/prose:1.0'
                type: string
              sidecarImage:
                default: "acme/side"
              mode:
                default: fast
              schedule:
                default: "*/5 * * * *"
              address:
                default: db:5432
`);
  assert.deepEqual(
    found.map(({ reference, object, path }) => [reference, object, path.split('.').slice(-2)]),
    [
      ['quay.io/acme/thing:1.0', 'CustomResourceDefinition things.x.example', ['image', 'default']],
      ['acme/side', 'CustomResourceDefinition things.x.example', ['sidecarImage', 'default']],
    ],
  );
});
