import type { Clock } from '../../../../apply/clock.ts';
import { infraError } from '../../errors.ts';
import { propertiesOf } from './properties.ts';
import type { VsphereSession } from './session.ts';
import { type Reference, referenceOf, taskFault } from './soap.ts';
import { childOf, type Element, textOf } from './xml.ts';

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
/** A clone of a large disk over a slow network takes long; longer than this somebody should look. */
const LIMIT_MS = 1_800_000;

/** Waits for the task that a call has begun, and gives what it made. Throws VsphereFault, STEP_TIMEOUT. */
export async function untilTaskEnds(
  session: Pick<VsphereSession, 'call' | 'content' | 'host'>,
  answer: Element,
  clock: Clock,
  signal: AbortSignal,
): Promise<Reference | undefined> {
  const task = referenceOf(childOf(answer, 'returnval'));
  if (task === undefined) return undefined;
  const deadline = clock.now() + LIMIT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)) {
    const info = (await propertiesOf(session, task, ['info'], signal)).get('info');
    const state = textOf(info, 'state');
    if (state === 'success') return referenceOf(childOf(info, 'result'));
    if (state === 'error') throw taskFault(childOf(info, 'error'));
    if (clock.now() > deadline)
      throw infraError('STEP_TIMEOUT', { subject: `${session.host} ${task.value}` });
    await clock.sleep(pauseMs, signal);
  }
}
