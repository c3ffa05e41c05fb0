import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { infraKinds } from './api/kinds.ts';
import { infraDefinitionFile, infraDefinitionYaml } from './generate.ts';

for (const kind of infraKinds)
  test(`the definition of ${kind.kind} in pack infra is what its objects are read with`, async () => {
    assert.equal(await readFile(infraDefinitionFile(kind), 'utf8'), infraDefinitionYaml(kind));
  });
