import type { WatchEvent } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { type AuditedObject, goneUid, objectOfStream } from './fleet-stream.ts';

/** Which objects of a kind are there, so that one that is missing is known as deleted, also where no event said so. */
export class Presence {
  readonly #there: Map<string, AuditedObject>;

  /** `remembered`: what was there when somebody looked last. */
  constructor(remembered: Iterable<AuditedObject>) {
    this.#there = new Map([...remembered].map((object) => [object.uid, object]));
  }

  /** What has been deleted up to this event of the watch. */
  take(event: WatchEvent): AuditedObject[] {
    if (event.type === 'listed') return this.#replace(event.objects);
    const object = auditedObject(event.object);
    if (event.type === 'deleted') {
      this.#there.delete(object.uid);
      return [object];
    }
    this.#there.set(object.uid, object);
    return [];
  }

  #replace(objects: readonly KubeObject[]): AuditedObject[] {
    const listed = new Map(objects.map(auditedObject).map((object) => [object.uid, object]));
    const gone = [...this.#there.values()].filter(({ uid }) => !listed.has(uid));
    this.#there.clear();
    for (const [uid, object] of listed) this.#there.set(uid, object);
    return gone;
  }
}

/** What the audit has lines about and has not seen the end of. */
export function rememberedObjects(streams: readonly string[]): AuditedObject[] {
  const gone = new Set(streams.flatMap((stream) => goneUid(stream) ?? []));
  const objects = streams.flatMap((stream) => objectOfStream(stream) ?? []);
  return objects.filter(({ uid }) => !gone.has(uid));
}

function auditedObject({ kind, metadata: { uid = '', namespace = '', name } }: KubeObject): AuditedObject {
  return { kind, uid, place: `${namespace}/${name}` };
}
