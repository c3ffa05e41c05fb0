import type { VsphereSession } from './session.ts';
import { missingIn, type Reference, reference, referenceOf, typed, value, xml } from './soap.ts';
import { childOf, childrenOf, type Element, textOf } from './xml.ts';

type Calls = Pick<VsphereSession, 'call' | 'content'>;

/** What was asked of an object, by the path of each property; what it has not, or may not be read, is absent. */
export interface ObjectProperties {
  readonly object: Reference;
  readonly properties: ReadonlyMap<string, Element>;
}

/** So many pages of objects are read at most: a server that always has one more would never end. */
const MAX_PAGES = 1000;

/** Reads properties of one object; faults are ManagedObjectNotFound for one that is gone, and
 * NoPermission. */
export async function propertiesOf(
  session: Calls,
  object: Reference,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Element>> {
  const spec = xml('specSet', propSet(object.type, paths), xml('objectSet', reference('obj', object)));
  const [found] = await retrieve(session, spec, signal, (answer) => {
    const [denied] = missingIn(answer).filter(({ fault }) => fault === 'NoPermission');
    if (denied !== undefined) throw denied;
  });
  return found?.properties ?? new Map();
}

/** All objects of some types below a folder, with properties of each type. */
export async function objectsBelow(
  session: Calls,
  container: Reference,
  types: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal,
): Promise<ObjectProperties[]> {
  const { viewManager } = await session.content(signal);
  const asked = Object.keys(types).map((type) => value('type', type));
  const made = await session.call(
    'CreateContainerView',
    viewManager,
    reference('container', container) + asked.join('') + value('recursive', true),
    signal,
  );
  const view = referenceOf(childOf(made, 'returnval'));
  if (view === undefined) return [];
  try {
    const traversal = typed(
      'selectSet',
      'TraversalSpec',
      value('type', 'ContainerView'),
      value('path', 'view'),
      value('skip', false),
    );
    const sets = Object.entries(types).map(([type, paths]) => propSet(type, paths));
    const spec = xml(
      'specSet',
      ...sets,
      xml('objectSet', reference('obj', view), value('skip', true), traversal),
    );
    return await retrieve(session, spec, signal);
  } finally {
    await session.call('DestroyView', view, '', signal).catch(() => undefined);
  }
}

function propSet(type: string, paths: readonly string[]): string {
  return xml('propSet', value('type', type), ...paths.map((path) => value('pathSet', path)));
}

async function retrieve(
  session: Calls,
  spec: string,
  signal: AbortSignal,
  check: (answer: Element) => void = () => undefined,
): Promise<ObjectProperties[]> {
  const { propertyCollector } = await session.content(signal);
  let answer = await session.call('RetrievePropertiesEx', propertyCollector, `${spec}<options/>`, signal);
  check(answer);
  const found: ObjectProperties[] = [];
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = childOf(answer, 'returnval');
    found.push(...childrenOf(page, 'objects').flatMap(readObject));
    const token = textOf(page, 'token');
    if (token === undefined) return found;
    answer = await session.call(
      'ContinueRetrievePropertiesEx',
      propertyCollector,
      value('token', token),
      signal,
    );
  }
  return found;
}

function readObject(element: Element): ObjectProperties[] {
  const object = referenceOf(childOf(element, 'obj'));
  if (object === undefined) return [];
  const properties = childrenOf(element, 'propSet').flatMap((set) => {
    const [name, val] = [textOf(set, 'name'), childOf(set, 'val')];
    return name === undefined || val === undefined ? [] : [[name, val] as const];
  });
  return [{ object, properties: new Map(properties) }];
}
