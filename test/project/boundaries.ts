import { dirname, join, normalize } from 'node:path/posix';
import { importsOf } from './imports.ts';

/** A TypeScript file of the project: its path from the root, with slashes, and its text. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly rule: 'room' | 'direction' | 'cycle' | 'test code' | 'name' | 'unseen';
  /** `file:line`. */
  readonly where: string;
  readonly what: string;
}

/** Which rooms a room may import from, besides itself. `root` is the files beside package.json. */
export type Directions = Readonly<Record<string, readonly string[] | 'anything'>>;

/** The rooms of the project; docs/decisions/0001-rooms.md says why. */
export const directions: Directions = {
  content: [],
  registry: ['content'],
  apply: ['content'],
  bundle: ['content', 'apply'],
  platform: ['content', 'apply'],
  channel: ['content'],
  mirror: ['content', 'bundle'],
  installer: ['content', 'bundle', 'registry', 'apply', 'mirror', 'channel', 'package.json'],
  manifests: 'anything',
  test: 'anything',
  scripts: 'anything',
  root: 'anything',
};

/** A room's own rooms: the folder, and what each room in it may import. `.` is the files of the folder itself. */
export interface House {
  readonly folder: string;
  readonly directions: Directions;
}

/** The rooms of the registry, from the ground up. */
export const registry: House = {
  folder: 'registry',
  directions: {
    '.': [],
    store: ['.'],
    protocol: ['.', 'store'],
    audit: ['.', 'protocol'],
    access: ['.', 'store', 'protocol', 'audit'],
    uploads: ['.', 'protocol'],
    metrics: ['.', 'protocol', 'audit'],
    jobs: ['.', 'store'],
    gc: ['.', 'store', 'jobs', 'audit', 'metrics'],
    scrub: ['.', 'store', 'uploads', 'jobs', 'audit', 'metrics'],
    usage: ['.', 'store', 'jobs', 'gc'],
    cache: ['.', 'store', 'access', 'jobs', 'gc', 'metrics'],
    report: ['.', 'store', 'protocol', 'jobs', 'gc', 'usage'],
    server: ['.', 'store', 'protocol', 'audit', 'access', 'uploads', 'metrics', 'report'],
    testing: 'anything',
  },
};

/** What others may take from the test room: images, and packs, are made of the programs that a real cluster knows how to get. */
const testDoors: readonly { readonly from: RegExp; readonly to: RegExp }[] = [
  {
    from: /^manifests\/(?:images|modules)\//,
    to: /^test\/cluster\/builds\/(?:programs?|module-folder)\.ts$/,
  },
];

/** Names that say nothing, so that everything ends up in them. */
const EMPTY_NAME = /(?:^|\/)(?:utils?|types?|helpers?|common|misc)(?:\.test)?(?:\.ts|\/)/;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/** Everything in the sources that goes against the directions. Reads nothing but what it is given. */
export function findViolations(sources: readonly SourceText[], rooms: Directions = directions): Violation[] {
  const imports = sources.map((source) => ({ source, found: importsOf(source.path, source.text) }));
  const edges = imports.flatMap(({ source, found }) =>
    found.flatMap(({ specifier, line }) => edgeOf(source.path, specifier, line)),
  );
  const unseen = imports.flatMap(({ source, found }) =>
    found.flatMap(({ specifier, line }) => checkSpecifier(source.path, specifier, line)),
  );
  return [
    ...sources.flatMap(({ path }) => checkName(path, rooms)),
    ...unseen,
    ...edges.flatMap((edge) => checkDirection(edge, rooms)),
    ...edges.flatMap(checkTestCode),
    ...findCycles(edges, roomOf),
  ];
}

/** The same between the rooms of one room. Its tests look where they like: they push, restart and collect. */
export function findHouseViolations(sources: readonly SourceText[], house: House): Violation[] {
  const { folder, directions: rooms } = house;
  const inner = sources.filter(({ path }) => path.startsWith(`${folder}/`));
  const innerRoom = (path: string) => path.slice(folder.length + 1).match(/^([^/]+)\//)?.[1] ?? '.';
  const edges = inner
    .filter(({ path }) => !isTestCode(path))
    .flatMap(({ path, text }) =>
      importsOf(path, text).flatMap(({ specifier, line }) => edgeOf(path, specifier, line)),
    )
    .filter(({ to }) => to.startsWith(`${folder}/`));
  return [
    ...inner.flatMap(({ path }) => checkRoom(path, rooms, innerRoom)),
    ...edges.flatMap((edge) => checkDirection(edge, rooms, innerRoom)),
    ...findCycles(edges, innerRoom),
  ];
}

type RoomOf = (path: string) => string;

/** Files beside package.json are the room `root`; package.json itself is a room, so that reading it is seen. */
function roomOf(path: string): string {
  if (path === 'package.json') return path;
  return path.includes('/') ? (path.split('/')[0] ?? '') : 'root';
}

function edgeOf(from: string, specifier: string | undefined, line: number): Edge[] {
  if (specifier === undefined || !/^\.{1,2}(\/|$)/.test(specifier)) return [];
  return [{ from, to: normalize(join(dirname(from), specifier)), line }];
}

// Packages and Node's own modules are free to all rooms; every other form would lead around the check.
function checkSpecifier(path: string, specifier: string | undefined, line: number): Violation[] {
  const where = `${path}:${line}`;
  if (specifier === undefined)
    return [{ rule: 'unseen', where, what: 'imports a name that is made at run time' }];
  if (/^(?:[/#]|file:|skerry(?:\/|$))/.test(specifier))
    return [{ rule: 'unseen', where, what: `imports ${specifier} by another way than a relative path` }];
  return [];
}

function checkName(path: string, rooms: Directions): Violation[] {
  const violations = checkRoom(path, rooms, roomOf);
  if (EMPTY_NAME.test(path))
    violations.push({ rule: 'name', where: `${path}:1`, what: 'is not named after what is in it' });
  return violations;
}

function checkRoom(path: string, rooms: Directions, of: RoomOf): Violation[] {
  if (rooms[of(path)] !== undefined) return [];
  return [{ rule: 'room', where: `${path}:1`, what: `no rule says what ${of(path)} may import` }];
}

function checkDirection({ from, to, line }: Edge, rooms: Directions, of: RoomOf = roomOf): Violation[] {
  const [room, target] = [of(from), of(to)];
  const allowed = rooms[room] ?? [];
  if (room === target || allowed === 'anything' || allowed.includes(target)) return [];
  return [{ rule: 'direction', where: `${from}:${line}`, what: `${room} must not import ${to}` }];
}

// Tests, what stands beside them under the name test-*.ts, and the whole test room never ship.
function checkTestCode({ from, to, line }: Edge): Violation[] {
  const bad = /\.test\.ts$/.test(to) || (isTestCode(to) && !isTestCode(from) && !hasDoor(from, to));
  return bad ? [{ rule: 'test code', where: `${from}:${line}`, what: `must not import ${to}` }] : [];
}

function isTestCode(path: string): boolean {
  return (
    path.startsWith('test/') ||
    /(?:^|\/)test-[^/]+\.ts$|(?:^|\/)testing\/|\.test\.ts$|\/fixtures\//.test(path)
  );
}

function hasDoor(from: string, to: string): boolean {
  return from.startsWith('scripts/') || testDoors.some((door) => door.from.test(from) && door.to.test(to));
}

/** Cycles between rooms. Tests may look anywhere, so what only tests import makes no cycle. */
function findCycles(edges: readonly Edge[], of: RoomOf): Violation[] {
  const between = edges.filter(({ from, to }) => of(from) !== of(to) && !isTestCode(from));
  const next = Map.groupBy(between, ({ from }) => of(from));
  const reaches = (room: string, goal: string, seen: Set<string>): boolean =>
    (next.get(room) ?? []).some(({ to }) => {
      const target = of(to);
      if (target === goal) return true;
      if (seen.has(target)) return false;
      return reaches(target, goal, seen.add(target));
    });
  return between
    .filter(({ from, to }) => reaches(of(to), of(from), new Set()))
    .map(({ from, to, line }) => ({
      rule: 'cycle' as const,
      where: `${from}:${line}`,
      what: `${of(from)} imports ${to}, and ${of(to)} leads back to ${of(from)}`,
    }));
}
