import type { Kind, StoredObject } from '../objects/objects.ts';
import { waitFor } from '../objects/wait.ts';
import { watchObjects } from '../objects/watch.ts';
import type { Session } from '../session.ts';
import { Table, table } from './table.ts';

/** How a kind of object is shown to people. */
export interface View<T extends StoredObject> {
  readonly kind: Kind<T>;
  readonly headings: readonly string[];
  /** The cells of a row. `now` is in milliseconds since 1970. */
  readonly row: (object: T, now: number) => readonly string[];
  readonly describe: (object: T, now: number) => string;
}

export interface ListOptions<T> {
  readonly watch?: boolean | undefined;
  readonly selector?: string | undefined;
  readonly allProjects?: boolean | undefined;
  readonly filter?: ((object: T) => boolean) | undefined;
  readonly order?: ((a: T, b: T) => number) | undefined;
}

/** Prints the objects of a project or of all, and with `watch` every change to them from then on. */
export async function listObjects<T extends StoredObject>(
  session: Session,
  view: View<T>,
  options: ListOptions<T>,
): Promise<void> {
  const { watch = false, allProjects = false, selector, filter = () => true, order } = options;
  const headings = allProjects ? ['PROJECT', ...view.headings] : view.headings;
  const rowOf = (object: T) => [
    ...(allProjects ? [object.project] : []),
    ...view.row(object, session.terminal.now()),
  ];
  const objects = allProjects ? session.everywhere(view.kind) : session.objects(view.kind);
  if (!watch) {
    const found = (await objects.list(selector)).filter(filter);
    if (order !== undefined) found.sort(order);
    session.print({ items: found }, () => table(headings, found.map(rowOf)));
    return;
  }
  const { connection } = session.hub;
  const { signal } = session;
  const shown = new Table(headings);
  const versions = new Map<string, string>();
  const onLost = () => session.say('the hub is away; asking again');
  for await (const change of watchObjects({ connection, objects, labelSelector: selector, signal, onLost })) {
    if (change.type === 'listed' || !filter(change.object)) continue;
    const { type, object } = change;
    const key = `${object.project}/${object.name}`;
    // A stream that was begun again says everything once more.
    if (type === 'present' && versions.get(key) === object.version) continue;
    versions.set(key, object.version);
    const row = () => shown.add([[...rowOf(object), ...(type === 'deleted' ? ['(deleted)'] : [])]]);
    session.printEvent({ type, object }, row);
  }
}

/** Prints one object, and with `watch` again after each change until it is deleted. */
export async function showObject<T extends StoredObject>(
  session: Session,
  view: View<T>,
  name: string,
  { watch = false }: { readonly watch?: boolean | undefined } = {},
): Promise<void> {
  const text = (object: T) => view.describe(object, session.terminal.now());
  const objects = session.objects(view.kind);
  const object = await objects.get(name);
  if (!watch) {
    session.print(object, () => text(object));
    return;
  }
  const { connection } = session.hub;
  let last: string | undefined;
  for await (const change of watchObjects({ connection, objects, signal: session.signal })) {
    if (change.type === 'listed' || change.object.name !== name) continue;
    if (change.type === 'deleted') return;
    if (change.object.version === last) continue;
    last = change.object.version;
    session.printEvent(change.object, () => `${text(change.object)}\n`);
  }
}

export interface Goal<T extends StoredObject> {
  readonly what: string;
  readonly timeoutSeconds: number;
  readonly isTrue: (object: T | undefined) => boolean;
  readonly describe: (object: T | undefined) => string;
}

/** Waits for something to become true of an object, and says on the way how it is. Throws WAIT_TIMEOUT. */
export async function waitForObject<T extends StoredObject>(
  session: Session,
  kind: Kind<T>,
  name: string,
  goal: Goal<T>,
): Promise<T | undefined> {
  session.say(
    `waiting up to ${goal.timeoutSeconds} s for ${goal.what}; Ctrl-C stops the waiting and nothing else`,
  );
  return await waitFor({
    ...goal,
    connection: session.hub.connection,
    objects: session.objects(kind),
    name,
    signal: session.signal,
    onState: (state) => session.say(`  ${state}`),
  });
}
