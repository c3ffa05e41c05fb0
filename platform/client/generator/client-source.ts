import { componentOf, type Document, METHODS, type Operation, type Schema } from './document.ts';
import { referencesOf, schemaCode } from './schema-code.ts';
import { memberCode, typeCode } from './type-code.ts';

/** The source of operations.ts: schemas of all answers, types of all inputs, and what each operation is. */
export function clientSource(document: Document): string {
  const operations = operationsOf(document);
  return [
    '// Made by "npm run docs" from docs/openapi.json; change the hub\'s routes.',
    "import { z } from 'zod';",
    '',
    ...inOrder(document).flatMap(([name, code]) => [
      `const ${name} = ${code};`,
      `export type ${name} = z.infer<typeof ${name}>;`,
      '',
    ]),
    '/** What each operation takes and gives, by method and path. */',
    'export interface Operations {',
    ...operations.map(({ name, operation }) => operationType(name, operation)),
    '}',
    '',
    'export interface Described<T> {',
    "  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';",
    '  readonly path: string;',
    '  readonly contentType: string | undefined;',
    '  /** Can be watched as server-sent events. */',
    '  readonly watchable: boolean;',
    '  readonly answer: z.ZodType<T>;',
    '}',
    '',
    "export const operations: { readonly [N in keyof Operations]: Described<Operations[N]['answer']> } = {",
    ...operations.map(({ name, ...described }) => `  ${JSON.stringify(name)}: ${operationCode(described)},`),
    '};',
    '',
  ].join('\n');
}

interface Named {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

function operationsOf({ paths }: Document): Named[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((key) => {
      const operation = item[key];
      const method = key.toUpperCase();
      return operation === undefined ? [] : [{ name: `${method} ${path}`, method, path, operation }];
    }),
  );
}

function operationType(name: string, operation: Operation): string {
  const parts = [
    part('params', parametersOf(operation, 'path')),
    part('query', parametersOf(operation, 'query')),
    part('headers', parametersOf(operation, 'header')),
    bodyType(operation),
  ];
  const answer = answerSchema(operation);
  const input = parts.join(' ').trim();
  return [
    `  /** ${operation.summary.replaceAll('*/', '')} */`,
    `  ${JSON.stringify(name)}: { readonly input: ${input === '' ? 'object' : `{ ${input} }`}; readonly answer: ${answerType(name, answer)} };`,
  ].join('\n');
}

function answerType(name: string, answer: Schema | undefined): string {
  if (answer === undefined) return 'unknown';
  if (answer.$ref === undefined) throw new Error(`${name}: the schema of its answer has no name`);
  return componentOf(answer.$ref);
}

function part(name: string, parameters: Operation['parameters']): string {
  if (parameters.length === 0) return '';
  const members = parameters.map(({ name, schema, required }) => memberCode(name, schema, required));
  const needed = parameters.some(({ required }) => required);
  return `readonly ${name}${needed ? '' : '?'}: { ${members.join(' ')} }${needed ? '' : ' | undefined'};`;
}

function parametersOf(operation: Operation, where: 'path' | 'query' | 'header'): Operation['parameters'] {
  return operation.parameters.filter((parameter) => parameter.in === where);
}

function bodyType({ requestBody }: Operation): string {
  const [schema] = Object.values(requestBody?.content ?? {}).map((content) => content.schema ?? {});
  if (schema === undefined) return '';
  return requestBody?.required
    ? `readonly body: ${typeCode(schema)};`
    : `readonly body?: ${typeCode(schema)};`;
}

function operationCode({ method, path, operation }: Omit<Named, 'name'>): string {
  const [contentType] = Object.keys(operation.requestBody?.content ?? {});
  const answer = answerSchema(operation);
  const watchable = successOf(operation)?.['text/event-stream'] !== undefined;
  return `{ method: ${JSON.stringify(method)}, path: ${JSON.stringify(path)}, contentType: ${JSON.stringify(contentType) ?? 'undefined'}, watchable: ${watchable}, answer: ${answer === undefined ? 'z.unknown()' : schemaCode(answer)} }`;
}

function answerSchema(operation: Operation) {
  return successOf(operation)?.['application/json']?.schema;
}

function successOf({ responses }: Operation) {
  return Object.entries(responses).find(([status]) => /^2\d\d$/.test(status))?.[1].content;
}

/** The components, each after those that it refers to. */
function inOrder({ components: { schemas } }: Document): [string, string][] {
  const done = new Map<string, string>();
  const under = new Set<string>();
  const visit = (name: string) => {
    const schema = schemas[name];
    if (schema === undefined) throw new Error(`no component ${name}`);
    if (under.has(name)) throw new Error(`component ${name} refers to itself`);
    if (done.has(name)) return;
    under.add(name);
    for (const reference of referencesOf(schema)) visit(reference);
    under.delete(name);
    done.set(name, schemaCode(schema));
  };
  for (const name of Object.keys(schemas)) visit(name);
  return [...done];
}
