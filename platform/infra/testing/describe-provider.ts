import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSkerryError } from '../../../content/error.ts';
import { converge, type Outcome } from '../machine/converge.ts';
import type { MachineIntent } from '../machine/next-step.ts';
import type { WantedMachine } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';
import { explore } from './explore.ts';
import type { ProviderBench } from './provider-bench.ts';

const LIMIT_MS = 120_000;
const making: MachineIntent = { isDeleting: false, wasProvisioned: false, keepsPower: true };
const keeping: MachineIntent = { ...making, wasProvisioned: true };
const deleting: MachineIntent = { ...keeping, isDeleting: true };

/** What every kind of cloud must do, whatever it is made of. Each test leaves the cloud as it found it. */
export function describeProvider(title: string, start: () => Promise<ProviderBench>): void {
  describe(title, () => {
    let bench: ProviderBench;
    let provider: CloudProvider;
    before(async () => {
      bench = await start();
      provider = bench.open();
    });
    after(async () => {
      await provider?.close();
      await bench?.close();
    });
    const settled = async (machine: WantedMachine, intent: MachineIntent, by = provider) =>
      await settle(by, machine, intent, bench.pauseMs);
    const names = async () => (await bench.inventory()).map(({ name }) => name).sort();
    /** What the bench can't do is skipped. */
    const able = <K extends keyof ProviderBench>(t: TestContext, ability: K) => {
      const found = bench[ability];
      if (found === undefined) t.skip(`no ${ability}`);
      return found;
    };

    test('the account is verified with one session', async () => {
      const { findings, sessions } = await provider.verify(limit());
      assert.deepEqual(
        findings.filter(({ severity }) => severity === 'error'),
        [],
      );
      assert.ok(sessions <= 1);
    });

    test('a machine is made, runs, is found by its mark, and is gone without a trace', async () => {
      const found = await names();
      const machine = bench.machine('one');
      const made = await settled(machine, making);
      assert.ok(made.observed.state === 'present' && made.observed.power === 'on');
      const owned = (await provider.listOwned(limit())).find(({ mark }) => mark.id === machine.mark.id);
      assert.deepEqual([owned?.mark, owned?.reference], [machine.mark, made.observed.reference]);
      assert.equal((await settled(machine, keeping)).kind, 'done');
      await settled(machine, deleting);
      assert.deepEqual(await names(), found);
      assert.equal((await provider.observe(machine.mark, machine.shape, limit())).state, 'absent');
    });

    test('addresses that a machine was made with are listed, also before it runs', async (t) => {
      const address = able(t, 'address');
      if (address === undefined) return;
      const machine = { ...bench.machine('addressed'), address, virtualAddress: '192.0.2.77' };
      await provider.act('create', machine, limit());
      const owned = (await provider.listOwned(limit())).find(({ mark }) => mark.id === machine.mark.id);
      for (const one of [address.address, machine.virtualAddress])
        assert.ok(owned?.addresses.includes(one), `${one} among ${owned?.addresses.join(', ')}`);
      await settled(machine, { ...deleting, wasProvisioned: false });
    });

    test('steps that were taken already are no error', async () => {
      const machine = bench.machine('twice');
      await provider.act('create', machine, limit());
      await provider.act('create', machine, limit());
      const count = (await bench.inventory()).length;
      await settled(machine, making);
      await provider.act('create', machine, limit());
      await provider.act('power-on', machine, limit());
      assert.equal((await bench.inventory()).length, count);
      await settled(machine, deleting);
      await provider.act('delete', machine, limit());
    });

    test('two controllers that make the same machine at once make one', async () => {
      const found = (await bench.inventory()).length;
      const machine = bench.machine('race');
      const other = bench.open();
      const both = [provider, other].map(async (one) => {
        // The loser may be told so, and looks again.
        await settled(machine, making, one).catch((error: unknown) =>
          assert.ok(isSkerryError(error), String(error)),
        );
      });
      await Promise.all(both);
      assert.equal((await settled(machine, making, other)).kind, 'done');
      assert.equal((await bench.inventory()).length, found + 1);
      await settled(machine, deleting);
      await other.close();
      assert.equal((await bench.inventory()).length, found);
    });

    test('a template that is not there is said, and nothing is left', async () => {
      const found = await names();
      const machine = bench.machine('untold');
      const lacking = { ...machine, shape: { ...machine.shape, template: 'no-such-template' } };
      await assert.rejects(settled(lacking, making), (error) => isSkerryError(error, 'TEMPLATE_UNKNOWN'));
      assert.deepEqual(await names(), found);
      const findings = await provider.preflight([{ shape: lacking.shape, count: 1 }], limit());
      assert.ok(findings.some(({ code, severity }) => code === 'TEMPLATE_UNKNOWN' && severity === 'error'));
      const fine = await provider.preflight([{ shape: machine.shape, count: 1 }], limit());
      assert.deepEqual(
        fine.filter(({ severity }) => severity === 'error'),
        [],
      );
    });

    test('what a crash left half made is finished, and not made twice', async (t) => {
      if (able(t, 'leaveHalf') === undefined) return;
      const machine = bench.machine('half');
      await bench.leaveHalf?.(machine);
      const count = (await bench.inventory()).length;
      assert.equal((await settled(machine, making)).kind, 'done');
      assert.equal((await bench.inventory()).length, count);
      await settled(machine, deleting);
    });

    test('what a crash left half made can be deleted', async (t) => {
      if (able(t, 'leaveHalf') === undefined) return;
      const found = await names();
      const machine = bench.machine('given-up');
      await bench.leaveHalf?.(machine);
      await settled(machine, { ...deleting, wasProvisioned: false });
      assert.deepEqual(await names(), found);
    });

    test("a stranger's machine of the same name is refused, and left alone", async (t) => {
      if (able(t, 'putStranger') === undefined) return;
      const machine = bench.machine('taken');
      await bench.putStranger?.(machine.mark.machine);
      const seen = await bench.inventory();
      const outcome = await settled(machine, making);
      assert.ok(outcome.kind === 'blocked' && outcome.code === 'MACHINE_NAME_TAKEN');
      for (const step of ['create', 'power-off', 'delete'] as const)
        await assert.rejects(provider.act(step, machine, limit()), isRefusal);
      assert.equal((await settled(machine, { ...deleting, wasProvisioned: false })).kind, 'done');
      assert.deepEqual(await bench.inventory(), seen);
    });

    test('a machine that lost its mark is not deleted', async (t) => {
      if (able(t, 'unmark') === undefined) return;
      const machine = bench.machine('unmarked');
      await settled(machine, making);
      await bench.unmark?.(machine);
      const seen = await bench.inventory();
      const outcome = await settled(machine, deleting);
      assert.ok(outcome.kind === 'blocked' && outcome.code === 'MACHINE_NOT_OURS');
      await assert.rejects(provider.act('delete', machine, limit()), isRefusal);
      assert.deepEqual(await bench.inventory(), seen);
    });

    test('a machine that was switched off by hand is switched on again, or reported', async (t) => {
      if (able(t, 'switchOff') === undefined) return;
      const machine = bench.machine('off');
      await settled(machine, making);
      await bench.switchOff?.(machine);
      const reported = await settled(machine, { ...keeping, keepsPower: false });
      assert.ok(reported.kind === 'blocked' && reported.code === 'MACHINE_OFF');
      assert.equal((await settled(machine, keeping)).kind, 'done');
      await settled(machine, deleting);
    });

    test('a machine that was deleted by hand is not made again', async (t) => {
      if (able(t, 'remove') === undefined) return;
      const machine = bench.machine('vanished');
      await settled(machine, making);
      await bench.remove?.(machine);
      const seen = await bench.inventory();
      const outcome = await settled(machine, keeping);
      assert.ok(outcome.kind === 'blocked' && outcome.code === 'MACHINE_VANISHED');
      assert.deepEqual(await bench.inventory(), seen);
      assert.equal((await settled(machine, deleting)).kind, 'done');
    });

    test('sessions that ended are begun again', async (t) => {
      if (able(t, 'endSessions') === undefined) return;
      const machine = bench.machine('session');
      await settled(machine, making);
      await bench.endSessions?.();
      assert.equal((await settled(machine, keeping)).kind, 'done');
      await bench.endSessions?.();
      await settled(machine, deleting);
    });

    for (const [ability, code] of [
      ['refuseCredentials', 'CREDENTIALS_REFUSED'],
      ['goAway', 'CLOUD_UNREACHABLE'],
    ] as const)
      test(`${code} says nothing of any machine, and passes`, async (t) => {
        if (able(t, ability) === undefined) return;
        const machine = bench.machine('patient');
        await settled(machine, making);
        await bench[ability]?.(true);
        try {
          for (const intent of [keeping, deleting])
            await assert.rejects(settled(machine, intent), (error) => isSkerryError(error, code));
          await assert.rejects(provider.verify(limit()), (error) => isSkerryError(error, code));
        } finally {
          await bench[ability]?.(false);
        }
        assert.equal((await settled(machine, keeping)).kind, 'done');
        await settled(machine, deleting);
      });

    test('whatever is lost in between, there is never a second machine nor half a one left', async (t) => {
      const found = await names();
      for (let run = 0; run < (bench.seeds ?? 5); run++) {
        const seed = Math.floor(Math.random() * 2 ** 31);
        t.diagnostic(`seed ${seed}`);
        await explore(bench, seed);
        assert.deepEqual(await names(), found, `seed ${seed}`);
      }
    });
  });
}

/** Looks again while the cloud is at it. */
async function settle(
  provider: CloudProvider,
  machine: WantedMachine,
  intent: MachineIntent,
  pauseMs = 20,
): Promise<Outcome> {
  const signal = limit();
  for (;;) {
    const outcome = await converge(provider, machine, { intent, signal });
    if (outcome.kind !== 'wait') return outcome;
    await sleep(pauseMs, undefined, { signal });
  }
}

function limit(): AbortSignal {
  return AbortSignal.timeout(LIMIT_MS);
}

function isRefusal(error: unknown): boolean {
  return isSkerryError(error, 'MACHINE_NOT_OURS') || isSkerryError(error, 'MACHINE_NAME_TAKEN');
}
