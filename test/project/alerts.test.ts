import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { Metrics } from '../../registry/metrics/metrics.ts';
import { startRegistry } from '../../registry/testing/registry.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const RuleFile = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({ alert: z.string(), expr: z.string(), annotations: z.object({ runbook: z.string() }) }),
      ),
    }),
  ),
});
const NAME = /skerry_registry_[a-z_]+/g;

test('the docs list every metric of the registry and no other, and the alerts ask for none that is not there', async (context) => {
  const registry = await startRegistry(context, { backend: 'served', metrics: new Metrics({ cache: true }) });
  const { body } = await registry.send('GET', '/metrics');
  const told = new Set([...body.toString().matchAll(/^# TYPE (skerry_\S+)/gm)].map(([, name]) => name));
  const docs = await readFile(join(DOCS, 'registry.md'), 'utf8');
  assert.deepEqual([...new Set(docs.match(NAME))].sort(), [...told].sort());
  const rules = RuleFile.parse(parse(await readFile(join(DOCS, 'registry-alerts.yaml'), 'utf8')));
  const asked = rules.groups.flatMap((group) => group.rules.flatMap(({ expr }) => expr.match(NAME) ?? []));
  assert.ok(asked.length > 5);
  assert.deepEqual(
    asked.filter((name) => !told.has(name)),
    [],
  );
});

test('every alert has a runbook, and every runbook an alert', async () => {
  const runbooks = await readFile(join(DOCS, 'runbooks.md'), 'utf8');
  const headings = [...runbooks.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  const rules = RuleFile.parse(parse(await readFile(join(DOCS, 'registry-alerts.yaml'), 'utf8')));
  const metrics = RuleFile.parse(parse(await readFile(join(DOCS, 'hub-alerts.yaml'), 'utf8')));
  const registry = [...rules.groups, ...metrics.groups].flatMap((group) => group.rules);
  const hub = await readFile(join(DOCS, 'alerts.md'), 'utf8');
  const named = [...hub.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name);
  assert.deepEqual(headings, [...registry.map(({ alert }) => alert), ...named]);
  for (const { alert, annotations } of registry)
    assert.equal(annotations.runbook, `docs/runbooks.md#${alert.toLowerCase()}`);
});
