import { infraError } from '../../errors.ts';
import { type ObjectProperties, objectsBelow } from './properties.ts';
import type { VsphereSession } from './session.ts';
import { type Reference, referenceOf } from './soap.ts';

/** The kinds of things that placements name, and what of them is read. */
const TYPES = {
  Datacenter: ['name', 'parent', 'vmFolder'],
  Folder: ['name', 'parent'],
  ComputeResource: ['name', 'parent', 'resourcePool'],
  ResourcePool: ['name', 'parent'],
  Datastore: ['name', 'parent', 'summary.freeSpace'],
  Network: ['name', 'parent'],
  VirtualMachine: ['name', 'parent', 'config.template'],
} as const;

export interface InventoryItem {
  readonly object: Reference;
  readonly name: string;
  /** As `/DC0/vm/folder/name`. */
  readonly path: string;
  /** What only its kind has: the folder of machines of a datacenter, the resource pool of a cluster. */
  readonly leads: Reference | undefined;
  readonly freeBytes: number | undefined;
}

export type Category = 'datacenter' | 'folder' | 'compute' | 'pool' | 'datastore' | 'network' | 'machine';

const MAX_AGE_MS = 300_000;
/** What is not found is looked for again, but not at every look at every machine. */
const MISS_AGE_MS = 20_000;

/** What there is in a vCenter, read at once and kept for some minutes. */
export class Inventory {
  readonly #session: VsphereSession;
  readonly #now: () => number;
  #items: ReadonlyMap<Category, readonly InventoryItem[]> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  /** `now`: milliseconds of a clock that is never set. */
  constructor(session: VsphereSession, now: () => number) {
    this.#session = session;
    this.#now = now;
  }

  /**
   * The one thing of a category that has this name or path, below the datacenter if one is given; without a name the only
   * one there is. Undefined when there is none. Throws PLACEMENT_UNKNOWN when there are several.
   */
  async find(
    category: Category,
    name: string | undefined,
    below: string | undefined,
    signal: AbortSignal,
  ): Promise<InventoryItem | undefined> {
    await this.#freshen(MAX_AGE_MS, signal);
    const found = this.#matches(category, name, below);
    if (found.length === 0 && name !== undefined) {
      await this.#freshen(MISS_AGE_MS, signal);
      found.push(...this.#matches(category, name, below));
    }
    const [first, second] = found;
    if (first === undefined || second === undefined) return first;
    throw infraError('PLACEMENT_UNKNOWN', {
      subject: name === undefined ? category : `${category} ${name}`,
      detail: `there are several: ${first.path}, ${second.path}`,
    });
  }

  /** What was read may no longer be so. */
  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  #matches(category: Category, name: string | undefined, below: string | undefined): InventoryItem[] {
    const all = (this.#items.get(category) ?? []).filter(
      ({ path }) => below === undefined || path === below || path.startsWith(`${below}/`),
    );
    if (name === undefined) return [...all];
    const exact = all.filter((item) => item.path === name);
    if (exact.length > 0) return exact;
    return all.filter((item) => item.name === name || item.path.endsWith(`/${name}`));
  }

  async #freshen(maxAgeMs: number, signal: AbortSignal): Promise<void> {
    if (this.#now() - this.#readAt <= maxAgeMs) return;
    this.#reading ??= this.#read(signal).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { rootFolder } = await this.#session.content(signal);
    const objects = await objectsBelow(this.#session, rootFolder, TYPES, signal);
    const byId = new Map(objects.map((found) => [found.object.value, found]));
    const items = new Map<Category, InventoryItem[]>();
    for (const found of objects) {
      const category = categoryOf(found);
      if (category === undefined) continue;
      const list = items.get(category) ?? [];
      list.push(itemOf(found, byId));
      items.set(category, list);
    }
    this.#items = items;
    this.#readAt = this.#now();
  }
}

const CATEGORIES: Readonly<Record<string, Category>> = {
  Datacenter: 'datacenter',
  Folder: 'folder',
  ComputeResource: 'compute',
  ClusterComputeResource: 'compute',
  ResourcePool: 'pool',
  VirtualApp: 'pool',
  Datastore: 'datastore',
  Network: 'network',
  DistributedVirtualPortgroup: 'network',
  OpaqueNetwork: 'network',
  VirtualMachine: 'machine',
};

function categoryOf({ object }: ObjectProperties): Category | undefined {
  return CATEGORIES[object.type];
}

function itemOf(found: ObjectProperties, byId: ReadonlyMap<string, ObjectProperties>): InventoryItem {
  const { object, properties } = found;
  const name = nameOf(found);
  const free = properties.get('summary.freeSpace')?.text;
  return {
    object,
    name,
    path: pathOf(found, byId),
    leads: referenceOf(properties.get('vmFolder') ?? properties.get('resourcePool')),
    freeBytes: free === undefined ? undefined : Number(free),
  };
}

// The root folder is not below itself: paths begin under it.
function pathOf(found: ObjectProperties, byId: ReadonlyMap<string, ObjectProperties>): string {
  const names: string[] = [];
  for (let at: ObjectProperties | undefined = found; at !== undefined && names.length < 64; ) {
    names.unshift(nameOf(at));
    at = byId.get(at.properties.get('parent')?.text ?? '');
  }
  return `/${names.join('/')}`;
}

// A slash in a name is written %2f (vSphere Web Services API, ManagedEntity.name).
function nameOf({ properties }: ObjectProperties): string {
  return properties.get('name')?.text ?? '';
}
