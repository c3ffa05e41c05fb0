import assert from 'node:assert/strict';
import { PassThrough, Readable, Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import type { Console, OutputFormat } from '../../terminal/console.ts';
import { type HopOutcome, runHops } from './run-hops.ts';

describe('an upgrade over several hops', () => {
  const both = [hop('1.0.0', '1.1.0'), hop('1.1.0', '1.2.0')].map((outcome) => async () => outcome);

  test('is one document for programs', async () => {
    const { json } = await ran('json', both);
    assert.deepEqual(
      [json.from.version, json.to.version, json.changed, json.durationMs],
      ['1.0.0', '1.2.0', true, 7],
    );
    assert.deepEqual(
      json.hops.map(({ from, to }) => [from.version, to.version]),
      [
        ['1.0.0', '1.1.0'],
        ['1.1.0', '1.2.0'],
      ],
    );
    assert.deepEqual(
      json.times.map(({ id }) => id),
      ['verify', 'to-1.1.0', 'to-1.2.0'],
    );
  });

  test('is a line after each for people', async () => {
    assert.equal((await ran('text', both)).text, 'to 1.1.0\nto 1.2.0\n');
  });

  test('is told as far as it went when a later one fails', async () => {
    const failing = [...both.slice(0, 1), () => Promise.reject(new Error('the second'))];
    const { json, error } = await ran('json', failing);
    assert.match(String(error), /the second/);
    assert.deepEqual([json.from.version, json.to.version, json.hops.length], ['1.0.0', '1.1.0', 1]);
    const nothing = await ran('json', failing.slice(1));
    assert.match(String(nothing.error), /the second/);
    assert.equal(nothing.text, '');
  });
});

interface Printed {
  readonly from: { readonly version: string };
  readonly to: { readonly version: string };
  readonly changed: boolean;
  readonly durationMs: number;
  readonly times: readonly { readonly id: string }[];
  readonly hops: readonly Pick<Printed, 'from' | 'to'>[];
}

async function ran(output: OutputFormat, hops: readonly (() => Promise<HopOutcome>)[]) {
  let text = '';
  const stdout = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  const console: Console = { stdout, stderr: new PassThrough(), stdin: Readable.from([]), env: {} };
  const times = [{ id: 'verify', durationMs: 1 }];
  const error = await runHops({ console, output, elapsed: () => 7.2, times }, hops).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const json = (): Printed => JSON.parse(text);
  return {
    error,
    text,
    get json() {
      return json();
    },
  };
}

function hop(from: string, to: string): HopOutcome {
  return {
    result: {
      from: { name: 'demo', version: from, digest: digestOf(from) },
      to: { name: 'demo', version: to },
      isInstalled: false,
      kubernetes: '1.34.4',
      ...{ components: [], images: [], checks: [], conflicts: [], notes: [], phases: [] },
    },
    changed: true,
    times: [{ id: `to-${to}`, durationMs: 2 }],
    text: `to ${to}`,
  };
}
