import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { HubRefusal, type RefusedField } from '../client/connection/problem-error.ts';
import { pointerSteps } from '../client/objects/pointer-steps.ts';
import {
  type AttributePath,
  type AttributePath_StepSchema,
  AttributePathSchema,
  type Diagnostic,
  Diagnostic_Severity,
  DiagnosticSchema,
} from './protocol/plugin_pb.ts';
import { type Attribute, snakeCase } from './schema/attribute.ts';

/** Where in a configuration: names of attributes and places in lists. */
export type Path = readonly (string | number)[];

interface Said {
  readonly summary: string;
  readonly detail?: string | undefined;
  readonly path?: Path | undefined;
}

export function errorDiagnostic({ summary, detail = '', path }: Said): Diagnostic {
  const attribute = path === undefined || path.length === 0 ? {} : { attribute: attributePath(path) };
  return create(DiagnosticSchema, { severity: Diagnostic_Severity.ERROR, summary, detail, ...attribute });
}

/** What is to be done here in place of what the hub says to all of its users. */
const REMEDIES: Readonly<Record<string, string>> = {
  OBJECT_EXISTS:
    'Import it by its id, PROJECT/NAME (a project by its name), to go on with the one that is there; or choose another name.',
};

/** The diagnostics of an error: its code, what it happened to, what to do, each field at its own place. */
export function diagnosticsOf(error: unknown, attributes: readonly Attribute[]): Diagnostic[] {
  if (!isSkerryError(error))
    return [errorDiagnostic({ summary: 'The provider failed', detail: messageOf(error) })];
  const { code, subject, remedy, detail } = error;
  const [means = code] = error.message.split(' [');
  if (error instanceof HubRefusal && error.errors.length > 0)
    return error.errors.map((field) => fieldDiagnostic(field, { code, remedy }, attributes));
  const lines = [`${subject}${detail === undefined ? '' : `: ${detail}`}`, REMEDIES[code] ?? remedy];
  return [errorDiagnostic({ summary: `${means} [${code}]`, detail: lines.join('\n\n') })];
}

/**
 * A diagnostic at the attribute that stands for a field of the hub. A path goes no further than into the first list:
 * cores look an attribute inside of it up by its last name in the resource's own body, and would point at another line.
 */
function fieldDiagnostic(
  { path: text, message, pointer, detail = message, code: own, within = '' }: RefusedField,
  { code, remedy }: { readonly code: string; readonly remedy: string },
  attributes: readonly Attribute[],
): Diagnostic {
  const steps = attributeSteps(pointer === undefined ? stepsOfPath(text) : stepsOfPointer(pointer));
  const [first, second] = steps;
  const known = attributes.find(({ name }) => name === first);
  const path = known === undefined ? [] : typeof second === 'number' ? [known.name, second] : [known.name];
  const rest = [...steps.slice(path.length).map(String), ...stepsOfPointer(within).map(String)].join('.');
  const at = rest === '' || path.length === 0 ? '' : `${rest}: `;
  return errorDiagnostic({
    summary: `${own ?? code} in ${first === undefined ? 'the object' : `"${first}"`}`,
    detail: `${at}${detail}\n\n${remedy}`,
    path,
  });
}

/** `/spec/packs/0/timeoutSeconds` as `spec`, `packs`, 0, `timeoutSeconds`. */
function stepsOfPointer(pointer: string): Path {
  return pointerSteps(pointer).map((step) => (/^(0|[1-9]\d*)$/.test(step) ? Number(step) : step));
}

/** As stepsOfPointer, of `spec.packs[0].timeoutSeconds`. */
function stepsOfPath(path: string): Path {
  const found = path.matchAll(/\[(\d+)\]|\["([^"]*)"\]|([^.[\]]+)/g);
  return [...found].map(([, index, key, name = '']) => (index === undefined ? (key ?? name) : Number(index)));
}

/** In the names of attributes. */
function attributeSteps(steps: Path): Path {
  const own = steps[0] === 'spec' ? steps.slice(1) : steps;
  return own.map((step) => (typeof step === 'number' ? step : snakeCase(step)));
}

export function attributePath(path: Path): AttributePath {
  return create(AttributePathSchema, { steps: path.map(stepOf) });
}

function stepOf(step: string | number): MessageInitShape<typeof AttributePath_StepSchema> {
  return typeof step === 'number'
    ? { selector: { case: 'elementKeyInt', value: BigInt(step) } }
    : { selector: { case: 'attributeName', value: step } };
}
