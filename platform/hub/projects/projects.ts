import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { Cluster } from '../../api/cluster.ts';
import { PROJECT_LABEL } from '../../api/group.ts';
import { platformError } from '../../errors.ts';
import { Remembered } from '../cache/remembered.ts';
import { type CreationMark, madeBy, markText, REQUEST_ANNOTATION } from '../resources/idempotency.ts';
import { readPage } from '../resources/object-pages.ts';
import { checkMatch } from '../resources/preconditions.ts';
import {
  bindingOf,
  bindingReference,
  type Member,
  membersOf,
  membersVersion,
  ROLES,
  type RoleName,
} from './members.ts';

const DESCRIPTION_ANNOTATION = 'skerry.dev/description';
const FRESH_MS = 5_000;

export interface ProjectsOptions {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'create' | 'replace' | 'delete' | 'read'>;
  readonly now: () => number;
}

export interface WantedProject {
  readonly name: string;
  readonly description: string | undefined;
  readonly members: readonly Member[];
}

export interface WriteContext {
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
}

/** Projects: namespaces with a label, and RoleBindings in them. */
export class Projects {
  readonly #client: ProjectsOptions['client'];
  readonly #known: Remembered<boolean>;

  constructor({ client, now }: ProjectsOptions) {
    this.#client = client;
    this.#known = new Remembered({ freshMs: FRESH_MS, staleMs: 0, retryMs: 1_000, max: 2_000, now });
  }

  /** Throws PROJECT_NOT_FOUND. The answer may be some seconds old. */
  async check(name: string, signal: AbortSignal): Promise<void> {
    const exists = await this.#known.get(name, async () => {
      const namespace = await this.#client.get(namespaceReference(name), { signal });
      return namespace !== undefined && isProject(namespace);
    });
    if (!exists) throw platformError('PROJECT_NOT_FOUND', { subject: name });
  }

  /** The namespaces of all projects, by name. */
  async list(signal: AbortSignal): Promise<readonly KubeObject[]> {
    const selection = { apiVersion: 'v1', kind: 'Namespace', labelSelector: `${PROJECT_LABEL}=true` };
    const { items } = await this.#client.list(selection, { signal });
    return [...items].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** Throws PROJECT_NOT_FOUND. */
  async get(name: string, signal: AbortSignal): Promise<KubeObject> {
    const namespace = await this.#client.get(namespaceReference(name), { signal });
    if (namespace === undefined || !isProject(namespace)) {
      throw platformError('PROJECT_NOT_FOUND', { subject: name });
    }
    return namespace;
  }

  async members(name: string, signal: AbortSignal): Promise<{ members: Member[]; version: string }> {
    const bindings = await this.#bindings(name, signal);
    return { members: membersOf(bindings), version: membersVersion(bindings) };
  }

  /** Throws OBJECT_EXISTS, PROJECT_FOREIGN, IDEMPOTENCY_KEY_REUSED. */
  async create(wanted: WantedProject, mark: CreationMark, context: WriteContext): Promise<KubeObject> {
    const namespace = await this.#createNamespace(wanted, mark, context);
    // What a request that was cut off left to do, the same request does when it comes again.
    if (!context.dryRun) await this.#writeMembers(wanted.name, wanted.members, context.signal);
    this.#known.forget(wanted.name);
    return namespace;
  }

  /** Throws PROJECT_NOT_FOUND, PRECONDITION_FAILED, OBJECT_CHANGED. */
  async setMembers(
    name: string,
    members: readonly Member[],
    ifMatch: string | undefined,
    { signal, dryRun }: WriteContext,
  ): Promise<void> {
    await this.get(name, signal);
    const bindings = await this.#bindings(name, signal);
    checkMatch(ifMatch, membersVersion(bindings), `members of ${name}`);
    if (!dryRun) await this.#writeMembers(name, members, signal);
  }

  /** Throws PROJECT_NOT_FOUND, PROJECT_NOT_EMPTY, PRECONDITION_FAILED. */
  async delete(name: string, ifMatch: string | undefined, { signal, dryRun }: WriteContext): Promise<void> {
    const { metadata } = await this.get(name, signal);
    checkMatch(ifMatch, metadata.resourceVersion ?? '', name);
    const { items } = await readPage(this.#client, Cluster, { namespace: name, limit: 1, signal });
    const [cluster] = items;
    if (cluster !== undefined) {
      const detail = `among them ${cluster.metadata.name}`;
      throw platformError('PROJECT_NOT_EMPTY', { subject: name, detail });
    }
    await this.#client.delete(namespaceReference(name), { signal, dryRun, uid: metadata.uid });
    this.#known.forget(name);
  }

  async #createNamespace(
    { name, description }: WantedProject,
    mark: CreationMark,
    context: WriteContext,
  ): Promise<KubeObject> {
    const annotations = {
      [REQUEST_ANNOTATION]: markText(mark),
      ...(description === undefined ? {} : { [DESCRIPTION_ANNOTATION]: description }),
    };
    const labels = { [PROJECT_LABEL]: 'true' };
    const namespace = { ...namespaceReference(name), metadata: { name, labels, annotations } };
    try {
      return await this.#client.create(namespace, context);
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    }
    const existing = await this.#client.get(namespaceReference(name), { signal: context.signal });
    if (existing === undefined || !isProject(existing)) {
      throw platformError('PROJECT_FOREIGN', { subject: name });
    }
    const maker = madeBy(existing, mark);
    if (maker === 'same') return existing;
    if (maker === 'key') throw platformError('IDEMPOTENCY_KEY_REUSED', { subject: name });
    throw platformError('OBJECT_EXISTS', { subject: `project ${name}` });
  }

  async #bindings(name: string, signal: AbortSignal): Promise<KubeObject[]> {
    const read = ROLES.map(async (role) => await this.#client.get(bindingReference(name, role), { signal }));
    return (await Promise.all(read)).filter((binding) => binding !== undefined);
  }

  // What takes rights away goes first.
  async #writeMembers(name: string, members: readonly Member[], signal: AbortSignal): Promise<void> {
    const order: readonly RoleName[] = ['admin', 'operator', 'auditor', 'viewer'];
    for (const role of order) {
      const wanted = bindingOf(name, role, members);
      const stored = await this.#client.get(bindingReference(name, role), { signal });
      const isEmpty = !members.some((member) => member.role === role);
      if (stored === undefined && isEmpty) continue;
      if (stored === undefined) await this.#client.create(wanted, { signal });
      else if (isEmpty) await this.#client.delete(wanted, { signal, uid: stored.metadata.uid });
      else if (!isDeepStrictEqual(stored.subjects, wanted.subjects)) {
        const { resourceVersion } = stored.metadata;
        await this.#client.replace(
          { ...wanted, metadata: { ...wanted.metadata, resourceVersion } },
          { signal },
        );
      }
    }
  }
}

/** A project as the hub's API gives it. */
export function projectOf({ metadata }: KubeObject) {
  const { name, uid, creationTimestamp, resourceVersion, deletionTimestamp, annotations } = metadata;
  return {
    name,
    uid: uid ?? '',
    created: creationTimestamp ?? '',
    version: resourceVersion ?? '',
    ...(annotations?.[DESCRIPTION_ANNOTATION] === undefined
      ? {}
      : { description: annotations[DESCRIPTION_ANNOTATION] }),
    ...(deletionTimestamp === undefined ? {} : { deleting: deletionTimestamp }),
  };
}

function namespaceReference(name: string) {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function isProject({ metadata }: KubeObject): boolean {
  return metadata.labels?.[PROJECT_LABEL] === 'true';
}
