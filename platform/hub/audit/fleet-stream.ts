import { PASSING } from './event-marks.ts';

/** Streams about an object of the fleet, and which kind it is of. */
const KINDS = {
  key: 'Cluster',
  adopt: 'Cluster',
  envelope: 'Cluster',
  rollout: 'Rollout',
  account: 'CloudAccount',
  [`${PASSING}enrollment`]: 'Enrollment',
} as const;
const GONE = `${PASSING}deleted`;
/** Streams have at most 250 letters, and all of them must be the same each time. */
const MAX_PLACE = 160;

const NO_UID = '-';

/** An object of the fleet as the audit remembers it; `place` is PROJECT/NAME. */
export interface AuditedObject {
  readonly kind: string;
  readonly uid: string;
  readonly place: string;
}

/** What is written down of an object, by its uid: another object of the same name has another history. */
export function fleetStream(what: string, uid: string | undefined, place: string): string {
  return `${what} ${uid ?? NO_UID} ${place.slice(0, MAX_PLACE)}`;
}

/** The stream of an object's end. */
export function goneStream(uid: string): string {
  return `${GONE} ${uid}`;
}

/** Uid of the object whose end this stream is about. */
export function goneUid(stream: string): string | undefined {
  return stream.startsWith(`${GONE} `) ? stream.slice(GONE.length + 1) : undefined;
}

/** The object that a stream is about; undefined for one of an agent's events, and for that of an end. */
export function objectOfStream(stream: string): AuditedObject | undefined {
  for (const [what, kind] of Object.entries(KINDS)) {
    const [uid, place, ...more] = stream.startsWith(`${what} `)
      ? stream.slice(what.length + 1).split(' ')
      : [];
    if (uid !== undefined && uid !== NO_UID && place !== undefined && more.length === 0)
      return { kind, uid, place };
  }
  return undefined;
}
