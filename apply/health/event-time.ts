import { textAt } from '../json.ts';
import type { KubeObject } from '../object.ts';

/** When an Event was seen last, as text that sorts by time; three API generations keep it in three places. */
export function eventTime(event: KubeObject): string {
  return (
    textAt(event, 'series', 'lastObservedTime') ??
    textAt(event, 'lastTimestamp') ??
    textAt(event, 'eventTime') ??
    event.metadata.creationTimestamp ??
    ''
  );
}
