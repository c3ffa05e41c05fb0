import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { FieldError } from '../../../apply/invalid-object.ts';
import { isJsonObject } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { platformError } from '../../errors.ts';
import { invalidObject } from '../http/field-error.ts';
import type { SeenObjects } from '../watched/seen-objects.ts';
import { keyOf } from '../watched/stored.ts';
import { trimmed } from '../watched/trimmed.ts';
import { type CreationMark, madeBy, markText, REQUEST_ANNOTATION } from './idempotency.ts';
import { answerable } from './object-errors.ts';
import { checkMatch, isMatch } from './preconditions.ts';
import { apiVersionOf, referenceTo, type WantedObject } from './wire-object.ts';

/** What is wrong with an object beyond its schema; empty where nothing is. `stored` is what it is to replace. */
export type Validate = (
  kind: CustomResource,
  object: WantedObject,
  context: { readonly stored: KubeObject | undefined; readonly signal: AbortSignal },
) => Promise<readonly Flaw[]>;

export interface Flaw extends FieldError {
  /** It may become right without the object: it is said, and refuses nothing. */
  readonly isWaitedFor?: boolean | undefined;
}

/** An object as it was written, and what it waits for. */
export interface Written {
  readonly object: KubeObject;
  readonly warnings: readonly FieldError[];
}

export interface ObjectsOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace' | 'delete'>;
  readonly validate: Validate;
  /** What was written counts there at once. */
  readonly seen?: Pick<SeenObjects, 'put' | 'drop'> | undefined;
}

export interface WriteContext {
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
}

const MAX_OBJECT_BYTES = 60 * 1024;
const MAX_TRIES = 5;

/** Objects of one kind in the API server, as somebody who uses the hub changes them. */
export class Objects {
  readonly #kind: CustomResource;
  readonly #options: ObjectsOptions;

  constructor(kind: CustomResource, options: ObjectsOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  /** Throws OBJECT_NOT_FOUND. */
  async get(project: string, name: string, signal: AbortSignal): Promise<KubeObject> {
    const found = await this.#options.client.get(referenceTo(this.#kind, project, name), { signal });
    if (found === undefined)
      throw platformError('OBJECT_NOT_FOUND', { subject: this.#subject(project, name) });
    return found;
  }

  /** Throws OBJECT_EXISTS, IDEMPOTENCY_KEY_REUSED, OBJECT_INVALID. */
  async create(wanted: WantedObject, mark: CreationMark, context: WriteContext): Promise<Written> {
    const warnings = await this.#check(wanted, undefined, context.signal);
    const { project, name } = wanted;
    const subject = this.#subject(project, name);
    const annotations = { [REQUEST_ANNOTATION]: markText(mark) };
    try {
      return { object: await this.#write('create', this.#made(wanted, { annotations }), context), warnings };
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    }
    const existing = await this.get(project, name, context.signal);
    const maker = madeBy(existing, mark);
    if (maker === 'same') return { object: existing, warnings };
    if (maker === 'key') throw platformError('IDEMPOTENCY_KEY_REUSED', { subject });
    throw platformError('OBJECT_EXISTS', { subject });
  }

  /** Throws OBJECT_NOT_FOUND, PRECONDITION_FAILED, OBJECT_IMMUTABLE, OBJECT_INVALID, OBJECT_CHANGED. */
  async replace(wanted: WantedObject, ifMatch: string, context: WriteContext): Promise<Written> {
    const { project, name } = wanted;
    const stored = await this.get(project, name, context.signal);
    const { resourceVersion = '' } = stored.metadata;
    if (!isMatch(ifMatch, resourceVersion)) {
      // RFC 9110, 13.1.1: a change that seems to have been made already is one that succeeded.
      if (isSame(stored, wanted)) return { object: stored, warnings: [] };
      checkMatch(ifMatch, resourceVersion, this.#subject(project, name));
    }
    return await this.#update(stored, wanted, context);
  }

  /** Changes what is stored now, again where somebody else was faster. Throws as replace. */
  async change(
    { project, name }: { project: string; name: string },
    ifMatch: string | undefined,
    change: (stored: KubeObject) => WantedObject,
    context: WriteContext,
  ): Promise<Written> {
    for (let tries = 1; ; tries++) {
      const stored = await this.get(project, name, context.signal);
      checkMatch(ifMatch, stored.metadata.resourceVersion ?? '', this.#subject(project, name));
      try {
        return await this.#update(stored, change(stored), context);
      } catch (error) {
        if (!isSkerryError(error, 'OBJECT_CHANGED') || tries >= MAX_TRIES) throw error;
      }
    }
  }

  /** Throws OBJECT_NOT_FOUND, PRECONDITION_FAILED. */
  async delete(
    { project, name }: { project: string; name: string },
    ifMatch: string | undefined,
    { signal, dryRun }: WriteContext,
  ): Promise<void> {
    const subject = this.#subject(project, name);
    const { metadata } = await this.get(project, name, signal);
    checkMatch(ifMatch, metadata.resourceVersion ?? '', subject);
    const { uid } = metadata;
    const resourceVersion = ifMatch === undefined || ifMatch === '*' ? undefined : metadata.resourceVersion;
    const reference = referenceTo(this.#kind, project, name);
    await this.#options.client
      .delete(reference, { signal, dryRun, uid, resourceVersion })
      .catch((error: unknown) => {
        throw answerable(error, subject);
      });
    if (!dryRun) await this.#sawDeleted(project, name, signal);
  }

  // With finalizers it is still there, about to go. Where nobody can say, the watch does a moment later.
  async #sawDeleted(project: string, name: string, signal: AbortSignal): Promise<void> {
    const { client, seen } = this.#options;
    if (seen === undefined) return;
    try {
      const left = await client.get(referenceTo(this.#kind, project, name), { signal });
      if (left === undefined) seen.drop(keyOf(project, name));
      else seen.put(trimmed(left));
    } catch (error) {
      if (!isSkerryError(error)) throw error;
    }
  }

  async #update(stored: KubeObject, wanted: WantedObject, context: WriteContext): Promise<Written> {
    const subject = this.#subject(wanted.project, wanted.name);
    const kept = { ...wanted, labels: { ...ownLabels(stored.metadata.labels), ...wanted.labels } };
    if (isSame(stored, kept)) return { object: stored, warnings: [] };
    if (isImmutable(this.#kind) && !isDeepStrictEqual(stored.spec, wanted.spec)) {
      throw platformError('OBJECT_IMMUTABLE', { subject });
    }
    const warnings = await this.#check(kept, stored, context.signal);
    const { uid, resourceVersion, annotations, finalizers, ownerReferences } = stored.metadata;
    const metadata = { uid, resourceVersion, annotations, finalizers, ownerReferences };
    return { object: await this.#write('replace', this.#made(kept, metadata), context), warnings };
  }

  #made({ project, name, labels, spec }: WantedObject, metadata: object): KubeObject {
    return {
      apiVersion: apiVersionOf(this.#kind),
      kind: this.#kind.kind,
      metadata: { ...metadata, namespace: project, name, labels },
      spec,
    };
  }

  async #write(how: 'create' | 'replace', object: KubeObject, context: WriteContext): Promise<KubeObject> {
    try {
      const written = await this.#options.client[how](object, context);
      if (!context.dryRun) this.#options.seen?.put(trimmed(written));
      return written;
    } catch (error) {
      throw answerable(error, this.#subject(object.metadata.namespace ?? '', object.metadata.name));
    }
  }

  /** What it waits for. */
  async #check(
    wanted: WantedObject,
    stored: KubeObject | undefined,
    signal: AbortSignal,
  ): Promise<readonly FieldError[]> {
    const subject = this.#subject(wanted.project, wanted.name);
    if (Buffer.byteLength(JSON.stringify([wanted.labels, wanted.spec])) > MAX_OBJECT_BYTES) {
      throw platformError('BODY_TOO_LARGE', { subject });
    }
    const flaws = [
      ...labelErrors(wanted.labels, stored?.metadata.labels ?? {}),
      ...(await this.#options.validate(this.#kind, wanted, { stored, signal })),
    ];
    const errors = flaws.filter(({ isWaitedFor }) => isWaitedFor !== true);
    if (errors.length > 0) throw invalidObject(subject, errors);
    return flaws;
  }

  #subject(project: string, name: string): string {
    return `${this.#kind.kind} ${project}/${name}`;
  }
}

function isSame({ metadata, spec }: KubeObject, wanted: WantedObject): boolean {
  return isDeepStrictEqual(spec, wanted.spec) && isDeepStrictEqual(metadata.labels ?? {}, wanted.labels);
}

/** A label that the hub itself sets. */
function isOwn(label: string): boolean {
  return /(^|\.)skerry\.dev\//.test(label);
}

function ownLabels(labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => isOwn(name)));
}

function labelErrors(labels: WantedObject['labels'], stored: WantedObject['labels']): Flaw[] {
  return Object.entries(labels)
    .filter(([name, value]) => isOwn(name) && stored[name] !== value)
    .map(([name]) => ({ path: `labels[${JSON.stringify(name)}]`, message: 'is set by the hub alone' }));
}

// The rule is in the definition too; asked here, the answer has a code of its own.
function isImmutable({ spec }: CustomResource): boolean {
  const rules = spec.meta()?.['x-kubernetes-validations'];
  return (
    Array.isArray(rules) && rules.some((entry) => isJsonObject(entry) && entry.rule === 'self == oldSelf')
  );
}
