import { isSkerryError, messageOf } from '../../../content/error.ts';
import { conditionOf } from '../../hub/controller/conditions.ts';
import type { SkerryMachineStatus } from '../api/skerry-machine.ts';
import type { MachineMark } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';
import { consoleText } from './console-text.ts';
import type { CapiMachine, StoredInfraMachine } from './stored.ts';
import { JOIN_MS } from './summary.ts';

const MAX_CONSOLE = 16_000;

interface Looked {
  readonly machine: StoredInfraMachine;
  /** Its Machine of Cluster API. */
  readonly owner: CapiMachine | undefined;
  readonly mark: MachineMark;
  readonly now: Date;
  /** Gets what keeps the console from being read. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * What a machine that runs and did not join wrote last; read again as often as it is looked at. Undefined for all others.
 * A console that can't be read says nothing of the machine: in its place stands what was read before, or why there is none.
 */
export async function lateConsole(
  provider: Pick<CloudProvider, 'console'>,
  { machine, owner, mark, now, onFailure }: Looked,
  signal: AbortSignal,
): Promise<SkerryMachineStatus['console']> {
  const runs = conditionOf(machine.status.conditions, 'Ready');
  const isLate = runs?.status === 'True' && now.getTime() - Date.parse(runs.lastTransitionTime) > JOIN_MS;
  if (!isLate || owner?.status.nodeRef !== undefined) return undefined;
  try {
    const raw = await provider.console(mark, signal);
    if (raw === undefined || raw === '') return undefined;
    return { at: now.toISOString(), text: consoleText(raw, MAX_CONSOLE) };
  } catch (error) {
    signal.throwIfAborted();
    onFailure(error);
    const text = `The console can't be read: ${reasonOf(error)}`;
    return machine.status.console ?? { at: now.toISOString(), text: consoleText(text, MAX_CONSOLE) };
  }
}

function reasonOf(error: unknown): string {
  return isSkerryError(error) ? `${error.code} ${error.message}` : messageOf(error);
}
