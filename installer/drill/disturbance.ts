import { readInstallation } from '../record/installation.ts';
import type { StationRun } from '../rehearsal/station.ts';
import type { DrillContext } from './drill-context.ts';
import { damageRegistry } from './faults/damage-registry.ts';
import { copyBundle, damageBundle } from './faults/damage-stick.ts';
import { runNodeCommand } from './faults/node-command.ts';
import { killPods, registryPods } from './faults/registry-pods.ts';
import { wrongClock } from './faults/wrong-clock.ts';
import type { Fault } from './scenario.ts';

/** A fault, ready to come. */
export interface Disturbance {
  /** What the disturbed run is given instead of the stick. */
  readonly stick?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Lets it happen. False where there is no way to do it here. */
  strike(run: StationRun): Promise<boolean>;
  /** While the disturbed run is still there, somebody else goes on. */
  readonly overlaps?: boolean | undefined;
  /** Takes the fault away, before somebody goes on. */
  mend(run: StationRun, signal: AbortSignal): Promise<void>;
  /** The cluster can't be used for another trial afterwards. */
  readonly ruins?: boolean | undefined;
}

const nothing = async () => {};

/** Makes ready what a fault needs. */
export async function prepare(fault: Fault, context: DrillContext): Promise<Disturbance> {
  const { pair, scratch, signal } = context;
  const { client } = pair;
  switch (fault.kind) {
    case 'kill-installer':
      return { strike: async (run) => did(run.kill('SIGKILL')), mend: nothing };
    case 'suspend-installer':
      return {
        overlaps: true,
        strike: async (run) => did(run.kill('SIGSTOP')),
        mend: async (run) => run.kill('SIGCONT'),
      };
    case 'delete-pods':
      return {
        strike: async () => did(await killPods(client, await podsOf(fault.of, context), signal)),
        mend: nothing,
      };
    case 'node':
      return {
        strike: async () => await onNodes(context, fault.action),
        mend: async (_, until) => {
          if (fault.mend !== undefined) await onNodes({ ...context, signal: until }, fault.mend);
        },
      };
    case 'damage-stick': {
      const stick = await copyBundle(pair.new.stick.bundle, scratch);
      return { stick, strike: async () => did(await damageBundle(stick)), mend: nothing };
    }
    case 'damage-registry':
      return { ruins: true, strike: async () => did(await damageRegistry(client, signal)), mend: nothing };
    case 'expire-certificates':
      return { ruins: true, strike: async () => did(await expire(context)), mend: nothing };
    case 'clock':
      return { env: await wrongClock(scratch, fault.years), strike: async () => true, mend: nothing };
  }
}

function did(_: unknown): true {
  return true;
}

async function onNodes({ nodeCommand, signal }: DrillContext, action: Parameters<typeof runNodeCommand>[1]) {
  return nodeCommand !== undefined && (await runNodeCommand(nodeCommand, action, signal));
}

async function podsOf(which: 'registry' | 'every', { pair: { client }, signal }: DrillContext) {
  if (which === 'registry') return await registryPods(client, signal);
  const namespaces = await ownNamespaces(client, signal);
  const lists = await Promise.all(
    namespaces.map((namespace) => client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal })),
  );
  return lists.flatMap(({ items }) => items);
}

async function expire({ pair: { client }, signal }: DrillContext): Promise<string> {
  // What issues certificates is large, and only this trial needs it.
  const { expireCertificates } = await import('./faults/expire-certificates.ts');
  const namespaces = await ownNamespaces(client, signal);
  return await expireCertificates(client, namespaces, { now: new Date(), signal });
}

async function ownNamespaces(client: DrillContext['pair']['client'], signal: AbortSignal): Promise<string[]> {
  const found = await readInstallation(client, { signal });
  return [...new Set(found?.installation.components.map(({ namespace }) => namespace) ?? [])];
}
