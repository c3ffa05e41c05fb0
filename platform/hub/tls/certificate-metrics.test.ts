import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAuthority, makeServing } from './certificate.ts';
import { certificateMetrics, lastOf } from './certificate-metrics.ts';

const NOW = new Date('2030-06-01T12:00:00Z');

test('the dates of certificates are told, and what is none is left out', async () => {
  const authority = await makeAuthority(NOW);
  const { certificate } = await makeServing(authority, ['hub'], NOW, 10);
  const chain = `${certificate}${authority.certificate}`;
  const text = certificateMetrics([
    { name: 'hub', certificate: chain },
    { name: 'hub-authority', certificate: lastOf(chain) },
    { name: 'broken', certificate: 'none' },
  ]);
  const day = 86_400;
  const now = NOW.getTime() / 1000;
  assert.deepEqual(
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    [
      `skerry_hub_certificate_begin_timestamp_seconds{certificate="hub"} ${now - day}`,
      `skerry_hub_certificate_begin_timestamp_seconds{certificate="hub-authority"} ${now - day}`,
      `skerry_hub_certificate_end_timestamp_seconds{certificate="hub"} ${now + 10 * day}`,
      `skerry_hub_certificate_end_timestamp_seconds{certificate="hub-authority"} ${now + 3_650 * day}`,
    ],
  );
});

test('the alerts of the hub ask for nothing else', async () => {
  const rules = await readFile(join(import.meta.dirname, '../../../docs/hub-alerts.yaml'), 'utf8');
  const told = certificateMetrics([]);
  const asked = rules.match(/skerry_hub_\w+/g) ?? [];
  assert.ok(asked.length > 3 && asked.every((name) => told.includes(`# TYPE ${name} `)));
});
