import { z } from 'zod';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { applyError } from '../errors.ts';
import { groupOf } from '../object.ts';
import { apiError } from './api-error.ts';
import type { CallOptions } from './client.ts';
import type { Transport } from './transport.ts';

const WIDTH = 8;

/** How the API server serves a kind. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  /** Plural name in paths, e.g. `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** A kind, under the version that its group prefers. */
export interface ServedKind extends Resource {
  readonly verbs: readonly string[];
}

export interface ServedKinds {
  readonly kinds: readonly ServedKind[];
  /** API versions that could not be read, as those of an aggregated API whose server is away. */
  readonly unreadable: readonly string[];
}

export interface Discovery {
  /** Throws KIND_UNKNOWN. */
  resource(apiVersion: string, kind: string, options?: CallOptions): Promise<Resource>;
  /** As resource, but an answer instead of an error, and never from the cache. */
  isServed(apiVersion: string, kind: string, options?: CallOptions): Promise<boolean>;
  /** The apiVersion under which a kind of a group is best asked for; undefined when no version serves it. */
  servedVersion(group: string, kind: string, options?: CallOptions): Promise<string | undefined>;
  /** Everything served, as `apps/v1` and `apps/v1/Deployment`: what charts ask `.Capabilities.APIVersions` for. */
  apiVersions(options?: CallOptions): Promise<string[]>;
  /** Every kind once; read each time. */
  kinds(options?: CallOptions): Promise<ServedKinds>;
}

const resourceListSchema = z.looseObject({
  resources: z.array(
    z.looseObject({
      name: z.string(),
      kind: z.string(),
      namespaced: z.boolean(),
      verbs: z.array(z.string()).default([]),
    }),
  ),
});

const versionsSchema = z.looseObject({ versions: z.array(z.string()) });

const groupListSchema = z.looseObject({
  groups: z.array(
    z.looseObject({
      preferredVersion: z.looseObject({ groupVersion: z.string() }),
      versions: z.array(z.looseObject({ groupVersion: z.string() })),
    }),
  ),
});

/** Discovery with a cache: a group version is asked for once, and again when a kind is missing from it. */
export function createDiscovery(transport: Transport): Discovery {
  const known = new Map<string, readonly ServedKind[]>();

  const read = async (apiVersion: string, options: CallOptions): Promise<readonly ServedKind[]> => {
    const response = await transport.send({
      method: 'GET',
      path: apiPath(apiVersion),
      subject: `discovery of ${apiVersion}`,
      ...options,
    });
    if (response.status === 404) return [];
    if (response.status >= 400) throw apiError(`discovery of ${apiVersion}`, response);
    const resources = readResources(apiVersion, response.text);
    known.set(apiVersion, resources);
    return resources;
  };

  return {
    resource: async (apiVersion, kind, options = {}) => {
      const isWanted = (resource: Resource) => resource.kind === kind;
      const found = known.get(apiVersion)?.find(isWanted) ?? (await read(apiVersion, options)).find(isWanted);
      if (found === undefined) throw applyError('KIND_UNKNOWN', { subject: `${kind} in ${apiVersion}` });
      return found;
    },
    isServed: async (apiVersion, kind, options = {}) =>
      (await read(apiVersion, options)).some((resource) => resource.kind === kind),
    servedVersion: async (group, kind, options = {}) => {
      for (const apiVersion of await readVersions(transport, group, options)) {
        const resources = known.get(apiVersion) ?? (await read(apiVersion, options));
        if (resources.some((resource) => resource.kind === kind)) return apiVersion;
      }
      return undefined;
    },
    apiVersions: async (options = {}) => {
      const groupVersions = await readGroupVersions(transport, options);
      const names = await mapLimited(groupVersions, WIDTH, async (groupVersion) => [
        groupVersion,
        ...(await read(groupVersion, options)).map(({ kind }) => `${groupVersion}/${kind}`),
      ]);
      return names.flat();
    },
    kinds: async (options = {}) => {
      const versions = await readGroupVersions(transport, options);
      const unreadable: string[] = [];
      const lists = await mapLimited(versions, WIDTH, async (version) => {
        try {
          return await read(version, options);
        } catch (error) {
          options.signal?.throwIfAborted();
          if (!isSkerryError(error)) throw error;
          unreadable.push(version);
          return [];
        }
      });
      // Preferred versions come first, so that these stand for a kind that has several.
      const kinds = new Map<string, ServedKind>();
      for (const kind of lists.flat()) {
        const key = `${groupOf(kind.apiVersion)} ${kind.kind}`;
        if (!kinds.has(key)) kinds.set(key, kind);
      }
      return { kinds: [...kinds.values()], unreadable };
    },
  };
}

/** `/api/v1` or `/apis/apps/v1`. */
export function apiPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function readResources(apiVersion: string, text: string): ServedKind[] {
  return resourceListSchema
    .parse(JSON.parse(text))
    .resources.filter(({ name }) => !name.includes('/')) // those are subresources
    .map(({ name, kind, namespaced, verbs }) => ({ apiVersion, kind, plural: name, namespaced, verbs }));
}

const groupSchema = z.looseObject({
  preferredVersion: z.looseObject({ groupVersion: z.string() }),
  versions: z.array(z.looseObject({ groupVersion: z.string() })),
});

/** The versions of one group, the preferred one first. */
async function readVersions(transport: Transport, group: string, options: CallOptions): Promise<string[]> {
  if (group === '') return ['v1'];
  const subject = `discovery of ${group}`;
  const response = await transport.send({ method: 'GET', path: `/apis/${group}`, subject, ...options });
  if (response.status === 404) return [];
  if (response.status >= 400) throw apiError(subject, response);
  const { preferredVersion, versions } = groupSchema.parse(JSON.parse(response.text));
  const names = versions.map(({ groupVersion }) => groupVersion);
  return [...new Set([preferredVersion.groupVersion, ...names])];
}

async function readGroupVersions(transport: Transport, options: CallOptions): Promise<string[]> {
  const get = async (path: string) => {
    const response = await transport.send({
      method: 'GET',
      path,
      subject: `discovery at ${path}`,
      ...options,
    });
    if (response.status >= 400) throw apiError(`discovery at ${path}`, response);
    return JSON.parse(response.text) as unknown;
  };
  const core = versionsSchema.parse(await get('/api')).versions;
  const { groups } = groupListSchema.parse(await get('/apis'));
  const ofGroups = groups.flatMap(({ preferredVersion, versions }) => [
    preferredVersion.groupVersion,
    ...versions.map(({ groupVersion }) => groupVersion),
  ]);
  return [...new Set([...core, ...ofGroups])];
}
