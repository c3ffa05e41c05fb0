import { randomUUID } from 'node:crypto';
import { isRefusal } from '../../client/connection/problem-error.ts';
import { narrow } from '../../client/narrow.ts';
import { platformError } from '../../errors.ts';
import { diagnosticsOf, errorDiagnostic } from '../diagnostic.ts';
import { objectPath } from '../hub-access.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { ProviderKind } from '../schema/provider-kind.ts';
import { fromFields, toFields } from '../value/json.ts';
import { isWhollyKnown, type ObjectValue, UNKNOWN } from '../value/value.ts';
import { mergePatchBetween } from './merge-patch-between.ts';
import {
  differences,
  emptyState,
  ID,
  idOf,
  LABELS,
  NAME,
  PROJECT,
  plannedProject,
  statePath,
  textOf,
  UID,
  withUnknowns,
} from './object-state.ts';
import type { Plan, Resource, Work } from './resource.ts';
import { StoredObject } from './stored-object.ts';
import { untilGone } from './until-gone.ts';

export interface HubObjectOptions {
  readonly typeName: string;
  /** The object's name where it follows from other attributes; the attribute `name` is the name when absent. */
  readonly nameOf?: (state: ObjectValue) => string | undefined;
  /** Whether a change of the spec makes another object, since this kind never changes. */
  readonly isImmutable?: boolean | undefined;
}

/** A kind of the hub's objects as a resource: its attributes are the fields of the kind's spec. */
export class HubObjectResource implements Resource {
  readonly typeName: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
  readonly version = 0;
  readonly #kind: ProviderKind;
  readonly #options: HubObjectOptions;

  constructor(kind: ProviderKind, options: HubObjectOptions) {
    this.#kind = kind;
    this.#options = options;
    this.typeName = options.typeName;
    this.description = kind.description;
    const named = options.nameOf === undefined ? [NAME] : [];
    this.attributes = [ID, PROJECT, ...named, UID, LABELS, ...this.#kind.spec];
  }

  async plan(
    work: Work | undefined,
    { before, proposed }: { before: ObjectValue | undefined; proposed: ObjectValue },
  ): Promise<Plan> {
    const wanted = before === undefined ? withUnknowns(proposed, this.attributes) : proposed;
    const withProject = { ...wanted, project: plannedProject(work, proposed) };
    const planned = {
      ...withProject,
      id: before === undefined ? this.#id(withProject) : (before.id ?? UNKNOWN),
    };
    const replace = before === undefined ? [] : this.#replaced(before, planned);
    if (replace.length > 0 && this.#options.isImmutable === true && planned.id === this.#id(planned))
      return { planned, replace: [], diagnostics: [this.#sameVersion(planned)] };
    const fresh = replace.length > 0 ? { ...planned, id: this.#id(planned), uid: UNKNOWN } : planned;
    if (work === undefined) return { planned: fresh, replace };
    return { planned: fresh, replace, diagnostics: await this.#judged(work, before, fresh, replace) };
  }

  async create(work: Work, planned: ObjectValue): Promise<ObjectValue> {
    const project = work.hub.project(textOf(planned.project));
    const path = objectPath(this.#kind.plural, project);
    // Sent again after a lost answer, it gives the object that the first one made.
    const headers = { 'idempotency-key': randomUUID() };
    const { body } = await work.hub.connection.send({
      method: 'POST',
      path,
      headers,
      body: this.#draft(planned),
    });
    return this.#state(narrow(StoredObject, body, this.typeName), planned);
  }

  async update(
    work: Work,
    { before, planned }: { before: ObjectValue; planned: ObjectValue },
  ): Promise<ObjectValue> {
    const patch = mergePatchBetween(this.#content(before), this.#content(planned));
    const { body } = await work.hub.connection.send({
      method: 'PATCH',
      path: this.#path(planned),
      body: patch,
      contentType: 'application/merge-patch+json',
    });
    return this.#state(narrow(StoredObject, body, this.typeName), planned);
  }

  async read(work: Work, state: ObjectValue): Promise<ObjectValue | undefined> {
    const body = await work.hub.find(this.#path(state), work.signal);
    if (body === undefined) return undefined;
    const stored = narrow(StoredObject, body, this.typeName);
    // An object of the same name that somebody made after this one was deleted is not this one.
    if (typeof state.uid === 'string' && state.uid !== stored.uid) return undefined;
    return this.#state(stored, state);
  }

  async delete(work: Work, state: ObjectValue): Promise<void> {
    const path = this.#path(state);
    const isThere = async () => {
      const found = await work.hub.find(path, work.signal);
      return found !== undefined && narrow(StoredObject, found, this.typeName).uid === state.uid;
    };
    if (!(await isThere())) return;
    await work.hub.delete(path);
    await untilGone(this.typeName, work, isThere);
  }

  importState({ hub }: Work, id: string): ObjectValue {
    const [name = '', named, ...more] = id.split('/').reverse();
    if (name === '' || named === '' || more.length > 0)
      throw platformError('IMPORT_ID_INVALID', { subject: id, detail: 'PROJECT/NAME' });
    const state = {
      ...emptyState(this.attributes),
      id: `${hub.project(named)}/${name}`,
      project: hub.project(named),
    };
    return this.#options.nameOf === undefined ? { ...state, name } : state;
  }

  /** What the hub says of it, with what it is called after. */
  #state(stored: StoredObject, before: ObjectValue): ObjectValue {
    const { name, project, uid, labels = {} } = stored;
    const base = {
      id: `${project}/${name}`,
      project,
      uid,
      ...(this.#options.nameOf === undefined ? { name } : {}),
    };
    const isUnlabelled = Object.keys(labels).length === 0 && (before.labels ?? null) === null;
    return {
      ...base,
      labels: isUnlabelled ? null : labels,
      ...fromFields(stored.spec, this.#kind.spec, before),
    };
  }

  /** What the hub would say to it; nothing while something of it is still unknown. */
  async #judged(
    work: Work,
    before: ObjectValue | undefined,
    planned: ObjectValue,
    replace: readonly string[],
  ) {
    const known = this.#kind.spec.every(({ name }) => isWhollyKnown(planned[name] ?? null));
    const project = textOf(planned.project);
    if (!known || project === undefined || this.#name(planned) === undefined) return [];
    const isNew = before === undefined || replace.length > 0;
    if (!isNew && differences(before, planned, this.attributes).length === 0) return [];
    const path = isNew
      ? objectPath(this.#kind.plural, project, undefined, { dryRun: 'true' })
      : objectPath(this.#kind.plural, project, this.#name(planned), { dryRun: 'true' });
    const request = isNew
      ? ({ method: 'POST', path, body: this.#draft(planned) } as const)
      : ({
          method: 'PATCH',
          path,
          body: mergePatchBetween(this.#content(before), this.#content(planned)),
          contentType: 'application/merge-patch+json',
        } as const);
    try {
      await work.hub.connection.send({ ...request, signal: work.signal });
      return [];
    } catch (error) {
      // The project may be made by the same plan.
      if (isRefusal(error, 404)) return [];
      return diagnosticsOf(error, this.attributes);
    }
  }

  #sameVersion(planned: ObjectValue) {
    const id = textOf(planned.id) ?? '';
    const detail = `${this.#kind.kind} ${id} is there already, and never changes. Give it another version.`;
    return errorDiagnostic({ summary: 'OBJECT_IMMUTABLE in "version"', detail, path: ['version'] });
  }

  #replaced(before: ObjectValue, planned: ObjectValue): string[] {
    const fixed = this.attributes.filter(({ name }) => name === 'project' || name === 'name');
    const all = this.#options.isImmutable === true ? [PROJECT, ...this.#kind.spec] : fixed;
    return differences(before, planned, all);
  }

  #name(state: ObjectValue): string | undefined {
    const { nameOf } = this.#options;
    return nameOf === undefined ? textOf(state.name) : nameOf(state);
  }

  #id(state: ObjectValue) {
    return idOf(textOf(state.project), this.#name(state));
  }

  #path(state: ObjectValue): string {
    return statePath(this.#kind.plural, state);
  }

  #content(state: ObjectValue): { labels: unknown; spec: unknown } {
    return {
      labels: toFields({ labels: state.labels ?? null }, [LABELS]).labels ?? {},
      spec: toFields(state, this.#kind.spec),
    };
  }

  #draft(state: ObjectValue) {
    return { name: this.#name(state), ...this.#content(state) };
  }
}
