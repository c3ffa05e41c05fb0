import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { ensureHost } from '../cluster/host.ts';
import { FULL, type Openness, serveStore } from './clients/served-store.ts';
import { run } from './skerry-process.ts';

/** What is off unless it is asked for; all the rest is on. */
const EVERYTHING = {
  OCI_VERSION: 'dev',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_TAG_PARAM: 'true',
  OCI_DATA_SPARSE: 'true',
};
/** So many checks the suite makes with everything on, at least. */
const CHECKS = 1032;
const Verdict = z.record(z.string(), z.string());
const Results = z.object({ apis: Verdict, data: Verdict });

suite("the specification's own conformance suite", { timeout: 600_000 }, () => {
  let folder: string;
  let program: string;

  before(async () => {
    await ensureHost({ install: true, groups: ['build'] });
    program = (await ensurePrograms(['conformance'], { cache: programCache(process.env) })).conformance;
    folder = await mkdtemp(join(tmpdir(), 'skerry-conformance-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs the suite; gives how many checks it made and what it says of each part of the specification. */
  async function judge(name: string, env: Readonly<Record<string, string>>) {
    const results = join(folder, name, 'results');
    await mkdir(results, { recursive: true });
    const { exitCode, stdout, stderr } = await run(program, [], {
      env: { OCI_RESULTS_DIR: results, OCI_TLS: 'disabled', ...env },
    });
    assert.equal(exitCode, 0, stdout + stderr);
    const junit = await readFile(join(results, 'junit.xml'), 'utf8');
    const { apis, data } = Results.parse(parse(await readFile(join(results, 'results.yaml'), 'utf8')));
    return {
      checks: Number(/<testsuites [^>]*tests="(\d+)"/.exec(junit)?.[1]),
      notPassed: [...junit.matchAll(/<(?:skipped|failure|error)\b/g)].length,
      verdicts: { ...apis, ...data },
    };
  }

  for (const openness of ['everything', 'nothing'] satisfies Openness[]) {
    const who = openness === 'everything' ? 'anybody' : 'somebody who has to log in';
    test(`has nothing to say against it and skips nothing, asked by ${who}`, async () => {
      await using served = await serveStore(join(folder, openness), openness);
      const login = { OCI_USERNAME: FULL.user, OCI_PASSWORD: FULL.password };
      const { checks, notPassed, verdicts } = await judge(openness, {
        ...EVERYTHING,
        ...(openness === 'everything' ? {} : login),
        OCI_REGISTRY: served.host,
      });
      assert.ok(checks >= CHECKS, `${checks} checks`);
      assert.equal(notPassed, 0);
      assert.deepEqual(
        Object.entries(verdicts).filter(([, verdict]) => verdict !== 'Pass'),
        [],
      );
    });
  }
});
