/** The words of a field's, flag's or variable's name, in lower case: `RELATED_IMAGE_x`, `--engineImage`, `proxy.image`. */
function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

const IMAGE_WORDS = new Set(['image', 'images', 'img']);
/** Words behind `image` that say that something else is meant: a policy, a secret, a number, a switch. */
const OTHER_THINGS = new Set([
  ...[
    'pull',
    'policy',
    'secret',
    'secrets',
    'credentials',
    'gc',
    'timeout',
    'size',
    'width',
    'height',
    'count',
  ],
  ...[
    'format',
    'quality',
    'scan',
    'scanning',
    'enabled',
    'url',
    'uri',
    'path',
    'dir',
    'folder',
    'platform',
    'os',
  ],
  ...['type', 'kind', 'max', 'min', 'threshold', 'interval', 'label', 'labels', 'port', 'prefix', 'suffix'],
]);

/** Whether a name says that its value is a whole image reference. */
export function namesImage(key: string | undefined): boolean {
  if (key === undefined) return false;
  const words = wordsOf(key);
  const last = words.findLastIndex((word) => IMAGE_WORDS.has(word));
  return last !== -1 && !words.slice(last + 1).some((word) => OTHER_THINGS.has(word));
}

/** What part of an image a field holds, where images are written in parts. */
export type PartRole = 'registry' | 'repository' | 'image' | 'name' | 'tag' | 'variant' | 'digest';

const ROLES: Readonly<Record<string, PartRole>> = {
  registry: 'registry',
  hub: 'registry',
  repository: 'repository',
  repo: 'repository',
  image: 'image',
  name: 'name',
  tag: 'tag',
  version: 'tag',
  variant: 'variant',
  digest: 'digest',
  sha: 'digest',
  sha256: 'digest',
};
const FILLERS = new Set(['image', 'container', 'docker']);

/**
 * The part that a name stands for, and what is left of the name: parts of one image share that. `WORKER_IMAGE_TAG` is
 * the tag of `worker`, `tag` that of the nameless one.
 */
export function partOf(key: string): { role: PartRole; group: string; word: string } | undefined {
  const words = wordsOf(key);
  const last = words.at(-1) ?? '';
  const role = ROLES[last];
  if (role === undefined) return undefined;
  const before = words.slice(0, -1);
  const named = role === 'name' && FILLERS.has(before.at(-1) ?? '');
  return {
    role: named ? 'image' : role,
    group: before.filter((word) => !FILLERS.has(word)).join('-'),
    word: last,
  };
}
