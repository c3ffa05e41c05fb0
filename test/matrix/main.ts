/**
 * Installs the platform's release on every kind of cluster that it is said to run on.
 *
 *     npm run matrix                      all rows
 *     npm run matrix -- 1.37-nftables     some rows
 *
 * Prints a table and, with --json FILE, writes the same as JSON. Exits with 1 when a row failed.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { programCache } from '../cluster/builds/programs.ts';
import { PROJECT } from '../install/product.ts';
import { ensureStick } from '../install/stick.ts';
import { type RowResult, runRow } from './row.ts';
import { rangeOf, rowName, rowsOf } from './rows.ts';

const say = (line: string) => console.error(line);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help === true) {
  console.log(
    'Usage: npm run matrix [-- ROW ... --json FILE]\n\nInstalls, reruns and uninstalls the platform’s release on every version of Kubernetes and mode of kube-proxy that it\nis said to run on.\n\nExamples:\n  npm run matrix\n  npm run matrix -- 1.37-nftables --json matrix.json',
  );
  process.exit(0);
}
const range = await rangeOf(join(PROJECT, 'manifests/release.yaml'));
const all = rowsOf(range);
const unknown = positionals.filter((name) => !all.some((row) => rowName(row) === name));
if (unknown.length > 0) {
  say(`unknown rows: ${unknown.join(', ')}; there are ${all.map(rowName).join(', ')}`);
  process.exit(2);
}
const rows = all.filter((row) => positionals.length === 0 || positionals.includes(rowName(row)));
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

say(`the release runs on Kubernetes ${range}: ${rows.map(rowName).join(', ')}`);
say(
  'Needs root. Where official releases can’t be had, each version of Kubernetes is built once: about 10 minutes on',
);
say('two cores and 5 GB of disk for the first, less for the next. A row then takes one to two minutes.');
const stick = await ensureStick({ onProgress: say, signal: interrupted.signal });
const results: RowResult[] = [];
for (const row of rows) {
  say(`\n${rowName(row)}`);
  const options = { cache: programCache(process.env), stick, signal: interrupted.signal, onProgress: say };
  results.push(await runRow(row, options));
}
console.log(table(results));
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ range, rows: results }, null, 2)}\n`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;

function table(done: readonly RowResult[]): string {
  const lines = done.map((result) => [
    rowName(result).padEnd(16),
    (result.passed ? 'passed' : 'FAILED').padEnd(8),
    result.steps
      .map(({ step, passed, seconds }) => `${step} ${passed ? '' : 'FAILED '}${seconds} s`)
      .join(', '),
  ]);
  return ['', ...lines.map((line) => line.join(' '))].join('\n');
}
