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
  installer: ['content', 'bundle', 'registry', 'apply', 'package.json'],
  manifests: 'anything',
  test: 'anything',
  scripts: 'anything',
  root: 'anything',
};

/** What others may take from the test room: images are made of programs that the real cluster knows how to get. */
const testDoors: readonly { readonly from: RegExp; readonly to: RegExp }[] = [
  { from: /^manifests\/images\//, to: /^test\/cluster\/programs?\.ts$/ },
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
    ...findCycles(edges),
  ];
}

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
  const violations: Violation[] = [];
  if (rooms[roomOf(path)] === undefined)
    violations.push({
      rule: 'room',
      where: `${path}:1`,
      what: `no rule says what ${roomOf(path)} may import`,
    });
  if (EMPTY_NAME.test(path))
    violations.push({ rule: 'name', where: `${path}:1`, what: 'is not named after what is in it' });
  return violations;
}

function checkDirection({ from, to, line }: Edge, rooms: Directions): Violation[] {
  const [room, target] = [roomOf(from), roomOf(to)];
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
  return path.startsWith('test/') || /(?:^|\/)test-[^/]+\.ts$|\.test\.ts$|\/fixtures\//.test(path);
}

function hasDoor(from: string, to: string): boolean {
  return from.startsWith('scripts/') || testDoors.some((door) => door.from.test(from) && door.to.test(to));
}

/** Cycles between rooms. Tests may look anywhere, so what only tests import makes no cycle. */
function findCycles(edges: readonly Edge[]): Violation[] {
  const between = edges.filter(({ from, to }) => roomOf(from) !== roomOf(to) && !isTestCode(from));
  const next = Map.groupBy(between, ({ from }) => roomOf(from));
  const reaches = (room: string, goal: string, seen: Set<string>): boolean =>
    (next.get(room) ?? []).some(({ to }) => {
      const target = roomOf(to);
      if (target === goal) return true;
      if (seen.has(target)) return false;
      return reaches(target, goal, seen.add(target));
    });
  return between
    .filter(({ from, to }) => reaches(roomOf(to), roomOf(from), new Set()))
    .map(({ from, to, line }) => ({
      rule: 'cycle' as const,
      where: `${from}:${line}`,
      what: `${roomOf(from)} imports ${to}, and ${roomOf(to)} leads back to ${roomOf(from)}`,
    }));
}
