import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { digestOf } from '../../content/digest.ts';
import { installerError } from '../errors.ts';
import { type Installation, readInstallation, writeInstallation } from '../record/installation.ts';
import { Journal } from '../record/journal.ts';
import { runBackups } from './backups.ts';
import { differenceError } from './go-back.ts';
import { begun, checkpointed } from './record-changes.ts';
import { endedError, settleFailure } from './run-upgrade.ts';

const release = (version: string) => ({ name: 'platform', version, digest: digestOf(version) });
const key = { fingerprint: 'f', pem: 'p' };
const installed: Installation = {
  version: 2,
  id: 'i',
  state: 'installed',
  release: release('1.0.0'),
  key,
  phases: [],
  components: [],
  namespaces: [],
  adopted: [],
  history: [],
};
const checkpoint = { repository: 'skerry/checkpoints', tag: 'u', digest: digestOf('checkpoint') };

describe('an upgrade that fails', () => {
  let server: ScriptedApiServer;
  before(async () => {
    server = await ScriptedApiServer.start();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
  });
  after(async () => await server.close());
  const lock = { signal: new AbortController().signal };

  /** With the phases up to this one done or begun. */
  async function under(phase: 'stage' | 'checkpoint' | 'images' | 'component-hub'): Promise<Journal> {
    const client = server.client();
    const phases = ['stage', 'checkpoint', 'images', 'component-hub'];
    const record = begun(installed, {
      id: 'u',
      to: release('1.1.0'),
      key,
      startedAt: 'now',
      phases,
      components: [],
    });
    const journal = await Journal.openToUpgrade(
      client,
      { installation: record, resourceVersion: (await readInstallation(client))?.resourceVersion },
      { by: 'root@here' },
    );
    for (const id of phases.slice(0, phases.indexOf(phase) + 1)) {
      await journal.phase(id, async () => {
        if (id === 'checkpoint') await journal.change((found) => checkpointed(found, checkpoint));
      });
    }
    return journal;
  }

  const settle = async (journal: Journal, error: unknown, signal = lock.signal) =>
    await settleFailure({ context: { journal, client: server.client() }, lock: { signal } }, error);
  const state = async () => {
    const found = (await readInstallation(server.client()))?.installation;
    return [found?.state, found?.upgrade?.direction, found?.upgrade?.reason?.code];
  };
  beforeEach(async () => {
    const stored = await readInstallation(server.client());
    await writeInstallation(server.client(), {
      installation: installed,
      resourceVersion: stored?.resourceVersion,
    });
  });

  const broken = installerError('GATE_FAILED', { subject: 'component hub' });
  const stopped = installerError('INTERRUPTED', { subject: 'SIGINT' });

  test('before it changed anything is over, whatever it was', async () => {
    for (const phase of ['stage', 'checkpoint'] as const)
      for (const error of [broken, stopped, new Error('a slip')]) {
        const journal = await under(phase);
        assert.deepEqual(await settle(journal, error), { is: 'ended' });
        assert.deepEqual(await state(), ['installed', undefined, undefined]);
      }
    const error = endedError({ from: release('1.0.0'), to: release('1.1.0') }, broken);
    assert.equal(error.code, 'UPGRADE_ENDED');
    assert.match(error.detail ?? '', /^GATE_FAILED: .*1\.0\.0 runs as before$/);
  });

  test('afterwards does not turn back blindly: where the checkpoint can not be read it stays where it is', async () => {
    const journal = await under('component-hub');
    const after = await settle(journal, broken);
    assert.deepEqual(
      [after.is, after.is === 'stuck' ? after.cause.code : ''],
      ['stuck', 'CHECKPOINT_UNREADABLE'],
    );
    assert.deepEqual(await state(), ['upgrading', 'forward', undefined]);
  });

  test('from outside afterwards is gone on with', async () => {
    const gone = installerError('LOCK_LOST', { subject: 'lease' });
    for (const error of [stopped, gone]) {
      const journal = await under('images');
      assert.deepEqual(await settle(journal, error), { is: 'stopped' });
      assert.deepEqual(await state(), ['upgrading', 'forward', undefined]);
    }
  });

  test('because the lock was lost writes nothing', async () => {
    const lost = AbortSignal.abort(installerError('LOCK_LOST', { subject: 'lease' }));
    const journal = await under('stage');
    assert.deepEqual(await settle(journal, broken, lost), { is: 'stopped' });
    assert.deepEqual(await state(), ['upgrading', 'forward', undefined]);
  });

  test('for want of a backup says which', async () => {
    const input = { client: server.client(), id: 'i', signal: lock.signal, onProgress: () => {} };
    const hub = { name: 'hub', namespace: 'skerry-system', timeoutSeconds: 5 };
    assert.deepEqual(await runBackups(input, [hub]), []);
    await assert.rejects(runBackups(input, [{ ...hub, backup: { cronJob: 'dump' } }]), {
      code: 'BACKUP_FAILED',
      detail: 'there is no CronJob skerry-system/dump',
    });
  });
});

test('what is not as the checkpoint has it is named, and no value of it', () => {
  assert.equal(differenceError({ stays: ['Note east/new'], differences: [] }, '1.0.0'), undefined);
  const fields = [{ field: 'spec.text', before: 'a', after: 'b' }];
  const error = differenceError(
    {
      stays: [],
      differences: [
        { subject: 'Note east/first', what: 'changed', fields, stays: false },
        { subject: 'Note east/second', what: 'gone', fields: [], stays: false },
      ],
    },
    '1.0.0',
  );
  assert.equal(error?.code, 'ROLLBACK_DIFFERS');
  assert.equal(error?.detail, 'Note east/first spec.text; Note east/second gone');
});
