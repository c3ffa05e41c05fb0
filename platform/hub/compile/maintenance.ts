import type { MaintenanceWindow } from '../../api/cluster.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Whether changes may begin: any time where no window is named, never in one whose time zone does not exist. */
export function isOpen(windows: readonly MaintenanceWindow[] | undefined, now: Date): boolean {
  if (windows === undefined || windows.length === 0) return true;
  return windows.some((window) =>
    openingsOf(window, now).some(({ from, until }) => now >= from && now < until),
  );
}

/** When the next window opens after now; undefined when none does within the next eight days. */
export function nextOpening(windows: readonly MaintenanceWindow[] | undefined, now: Date): Date | undefined {
  const starts = (windows ?? []).flatMap((window) => openingsOf(window, now).map(({ from }) => from));
  return starts.filter((start) => start > now).sort((a, b) => a.getTime() - b.getTime())[0];
}

export function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

interface Opening {
  readonly from: Date;
  readonly until: Date;
}

/**
 * The openings of a window from yesterday (it may reach over midnight) to eight days from now. A window begins when a
 * wall clock there shows its start, at the first such moment where clocks are set back, and as much later as they are
 * set forward where that time is left out; it lasts its minutes whatever clocks do.
 */
function openingsOf({ days, start, minutes, timeZone = 'UTC' }: MaintenanceWindow, now: Date): Opening[] {
  if (!isTimeZone(timeZone)) return [];
  const today = wallClock(now, timeZone);
  const openings: Opening[] = [];
  for (let offset = -2; offset <= 8; offset++) {
    const day = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + offset));
    const name = DAYS[day.getUTCDay()];
    if (days !== undefined && days.length > 0 && !days.some((allowed) => allowed === name)) continue;
    const [hour = 0, minute = 0] = start.split(':').map(Number);
    const from = instantOf(day.getTime() + (hour * 60 + minute) * MINUTE_MS, timeZone);
    openings.push({ from, until: new Date(from.getTime() + minutes * MINUTE_MS) });
  }
  return openings;
}

/** What a wall clock shows, written as if it were UTC. */
function wallClock(instant: Date, timeZone: string): Date {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(instant);
  const part = (type: string) => Number(parts.find((found) => found.type === type)?.value ?? 0);
  return new Date(
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')),
  );
}

/** The first moment at which a wall clock shows this time. */
function instantOf(wall: number, timeZone: string): Date {
  const offsetAt = (instant: number) => wallClock(new Date(instant), timeZone).getTime() - instant;
  // The offset before and after a change of the clocks; the earlier moment is the one with the larger offset.
  const offsets = [offsetAt(wall - DAY_MS), offsetAt(wall + DAY_MS)];
  const candidates = offsets
    .map((offset) => wall - offset)
    .filter((instant) => instant + offsetAt(instant) === wall);
  const skipped = wall - (offsets[0] ?? 0);
  return new Date(candidates.length > 0 ? Math.min(...candidates) : skipped);
}
