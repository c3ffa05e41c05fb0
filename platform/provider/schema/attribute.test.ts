import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snakeCase } from './attribute.ts';

test('a field of the API has the name that configurations give attributes; a unit and an acronym are one word', () => {
  const fields = ['timeoutSeconds', 'memoryMiB', 'diskGiB', 'sizeGiB', 'caBundle', 'projectID', 'dnsServers'];
  assert.deepEqual(fields.map(snakeCase), [
    ...['timeout_seconds', 'memory_mib', 'disk_gib', 'size_gib', 'ca_bundle', 'project_id', 'dns_servers'],
  ]);
});
