import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { AGENT_PACK, agentImageOf, packImages } from './pack-images.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;

test('images of packs are pulled by digest, from where they came from in the registry', () => {
  const images = [
    { reference: 'nginx', digest: DIGEST },
    { reference: 'quay.io:443/team/web:1.2', digest: DIGEST },
  ];
  assert.deepEqual(
    [...packImages({ images }, 'localhost:31999')],
    [
      ['nginx', `localhost:31999/docker.io/library/nginx:latest@${DIGEST}`],
      ['quay.io:443/team/web:1.2', `localhost:31999/quay.io-443/team/web:1.2@${DIGEST}`],
    ],
  );
});

test('the image of the agent is that of its pack', async () => {
  const file = join(import.meta.dirname, '../../manifests/packs/agent/pack.yaml');
  assert.equal(parse(await readFile(file, 'utf8')).name, AGENT_PACK);
  const images = [{ reference: 'registry.skerry.example/agent:0.1.0', digest: DIGEST }];
  const image = `localhost:31999/registry.skerry.example/agent:0.1.0@${DIGEST}`;
  assert.equal(agentImageOf({ images }), image);
  assert.equal(agentImageOf({ images: [] }), undefined);
});
