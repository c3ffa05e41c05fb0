export type SchemaNode = Readonly<Record<string, unknown>>;
/** Names of keys, and places in lists. */
export type Path = readonly (string | number)[];

/** A key that may stand at a place. */
export interface KnownKey {
  readonly name: string;
  readonly type: string;
  readonly description: string | undefined;
  /** Whether something stands below it. */
  readonly isDeep: boolean;
}

const DEPTH = 20;

/** What a schema says of a place in values: several parts, where it is put together of several. */
function schemasAt(root: SchemaNode, path: Path): SchemaNode[] {
  return path.reduce<SchemaNode[]>(
    (found, step) => found.flatMap((node) => below(root, node, step)),
    expand(root, root, DEPTH),
  );
}

/** The keys that may stand below a place: those of the schema, and those that the pack's own values have there. */
export function keysAt(root: SchemaNode, defaults: unknown, path: Path): KnownKey[] {
  const keys = new Map<string, KnownKey>();
  for (const [name, value] of Object.entries(objectAt(defaults, path)))
    keys.set(name, {
      name,
      type: typeOf(value),
      description: undefined,
      isDeep: isNode(value) || Array.isArray(value),
    });
  for (const node of schemasAt(root, path))
    for (const [name, part] of Object.entries(isNode(node.properties) ? node.properties : {})) {
      const parts = isNode(part) ? expand(root, part, DEPTH) : [];
      const type = parts.map(typeText).find((text) => text !== '') ?? '';
      keys.set(name, {
        name,
        type,
        description: textOf(parts, 'description'),
        isDeep: /object|array/.test(type),
      });
    }
  return [...keys.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The values that a place may have, where the schema names them. */
export function choicesAt(root: SchemaNode, path: Path): string[] {
  const choices = schemasAt(root, path).flatMap(({ enum: listed, const: only, type }) => [
    ...(Array.isArray(listed) ? listed : []),
    ...(only === undefined ? [] : [only]),
    ...(type === 'boolean' ? [true, false] : []),
  ]);
  return [...new Set(choices.map((choice) => JSON.stringify(choice)))].map((text) =>
    text.replace(/^"([\w./-]+)"$/, '$1'),
  );
}

/** What is known of a place, in words; undefined where nothing is. */
export function wordsAt(root: SchemaNode, defaults: unknown, path: Path): string | undefined {
  const nodes = schemasAt(root, path);
  const value = valueAt(defaults, path);
  const words = [
    nodes.map(typeText).find((text) => text !== ''),
    textOf(nodes, 'description'),
    choicesAt(root, path).length > 0 ? `one of ${choicesAt(root, path).join(', ')}` : undefined,
    ...nodes.map(boundsText),
    value === undefined || isNode(value) ? undefined : `the pack's own value: ${JSON.stringify(value)}`,
  ].filter((part) => part !== undefined && part !== '');
  return words.length === 0 ? undefined : words.join('\n');
}

function below(root: SchemaNode, node: SchemaNode, step: string | number): SchemaNode[] {
  const { properties, additionalProperties, items } = node;
  const next =
    typeof step === 'number'
      ? items
      : isNode(properties) && properties[step] !== undefined
        ? properties[step]
        : additionalProperties;
  return isNode(next) ? expand(root, next, DEPTH) : [];
}

// References within the same document alone: nothing is ever fetched.
function expand(root: SchemaNode, node: SchemaNode, depth: number): SchemaNode[] {
  if (depth === 0) return [];
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((word) => {
    const list = node[word];
    return Array.isArray(list) ? list.filter(isNode) : [];
  });
  const target = typeof node.$ref === 'string' ? referenced(root, node.$ref) : undefined;
  return [
    node,
    ...parts.flatMap((part) => expand(root, part, depth - 1)),
    ...(target === undefined ? [] : expand(root, target, depth - 1)),
  ];
}

function referenced(root: SchemaNode, reference: string): SchemaNode | undefined {
  if (!reference.startsWith('#')) return undefined;
  const steps = reference
    .slice(1)
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
  const found = steps.reduce<unknown>((value, step) => (isNode(value) ? value[step] : undefined), root);
  return isNode(found) ? found : undefined;
}

function typeText({ type }: SchemaNode): string {
  if (Array.isArray(type)) return type.join(' or ');
  return typeof type === 'string' ? type : '';
}

function boundsText({ minimum, maximum, pattern, minLength, maxLength }: SchemaNode): string {
  return [
    minimum === undefined ? '' : `at least ${minimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    minLength === undefined ? '' : `at least ${minLength} characters`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    pattern === undefined ? '' : `matches ${pattern}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function textOf(nodes: readonly SchemaNode[], field: string): string | undefined {
  return nodes.map((node) => node[field]).find((text): text is string => typeof text === 'string');
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, step) => {
    if (Array.isArray(found)) return found[Number(step)];
    return isNode(found) ? found[step] : undefined;
  }, value);
}

function objectAt(value: unknown, path: Path): SchemaNode {
  const found = valueAt(value, path);
  return isNode(found) ? found : {};
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? '' : typeof value;
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
