import { Script } from 'node:vm';
import { Environment } from '@marcbachmann/cel-js';
import { messageOf } from '../../content/error.ts';
import { isJsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { current, inProgress, type ObjectStatus } from './object-status.ts';

/** What an expression may grow to and how long one evaluation may take: both come with a release. */
const LIMITS = { maxAstNodes: 1000, maxDepth: 32, maxListElements: 200, maxMapEntries: 200 };
const TIMEOUT_MS = 500;

/** What is wrong with a CEL expression over `self`; undefined when nothing is. */
export function celProblem(expression: string): string | undefined {
  try {
    const { valid, type, error } = parse(expression).check();
    if (!valid) return error === undefined ? 'it does not check' : firstLine(messageOf(error));
    return type === 'bool' || type === 'dyn' ? undefined : `it is of type ${type}, not bool`;
  } catch (error) {
    return firstLine(messageOf(error));
  }
}

/**
 * Healthy when the expression is true of the object. A field that is not there yet makes it false, as in the
 * cluster's own CEL an error does (kubernetes.io/docs/reference/using-api/cel).
 */
export function celStatus(object: KubeObject, expression: string): ObjectStatus {
  try {
    const evaluate = parse(expression);
    const self = celValue(object);
    const result = withinTime(() => evaluate({ self }) as unknown);
    return result === true ? current('as the release asks') : inProgress(`not yet: ${expression}`);
  } catch (error) {
    return inProgress(`not yet: ${expression}: ${firstLine(messageOf(error))}`);
  }
}

function parse(expression: string) {
  return new Environment({ limits: LIMITS }).registerVariable('self', 'dyn').parse(expression);
}

// Expressions loop over lists of the object, one inside the other; only V8 itself can stop that.
function withinTime(evaluate: () => unknown): unknown {
  return new Script('evaluate()').runInNewContext({ evaluate }, { timeout: TIMEOUT_MS });
}

/** Whole numbers are CEL's int, which here is a BigInt; all others are double. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(celValue);
  if (!isJsonObject(value)) return value;
  return new Map(Object.entries(value).map(([key, field]) => [key, celValue(field)]));
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
