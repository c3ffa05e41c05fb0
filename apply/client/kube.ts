import { type Clock, systemClock } from '../clock.ts';
import { parseJson } from '../json.ts';
import { formatId, groupOf, type KubeObject } from '../object.ts';
import { readObject } from './answer.ts';
import { apiError, fieldConflicts } from './api-error.ts';
import type { CallOptions, DeleteOptions, KubeClient, ObjectReference } from './client.ts';
import { apiPath, createDiscovery, type Resource } from './discovery.ts';
import type { KubeconfigSource } from './kubeconfig.ts';
import { listPages, readPages } from './list-pages.ts';
import { askAccess, type Call, readLogs, readVersion } from './questions.ts';
import type { ApiRequest, Transport, TransportOptions } from './transport.ts';
import { watchObjects } from './watch.ts';

/** The name under which fields that Skerry sets are kept in `managedFields`, where no other is given. */
const FIELD_MANAGER = 'skerry';

export interface KubeClientOptions {
  readonly clock?: Clock | undefined;
  /** Two programs that own fields of the same objects need names of their own, or they never see a conflict. */
  readonly fieldManager?: string | undefined;
}

/** A client for the cluster of a kubeconfig. Throws KUBECONFIG_INVALID. Opens no connection yet. */
export async function connectCluster(
  source: KubeconfigSource,
  options: TransportOptions & KubeClientOptions = {},
): Promise<KubeClient> {
  // An HTTP client is loaded by commands that talk to a cluster, not by every one.
  const [{ loadKubeconfig }, { createTransport }] = await Promise.all([
    import('./kubeconfig.ts'),
    import('./transport.ts'),
  ]);
  return createKubeClient(createTransport(await loadKubeconfig(source), options), options);
}

export function createKubeClient(
  transport: Transport,
  { clock = systemClock, fieldManager = FIELD_MANAGER }: KubeClientOptions = {},
): KubeClient {
  const discovery = createDiscovery(transport);

  const call: Call = async (request) => {
    const response = await transport.send(request);
    if (response.status >= 400) throw apiError(request.subject, response);
    return response;
  };
  const callForObject = async (request: ApiRequest): Promise<KubeObject> =>
    readObject((await call(request)).text, request.subject);

  const client: KubeClient = {
    server: transport.server,
    version: (options) => readVersion(call, options),
    apiVersions: discovery.apiVersions,
    kinds: discovery.kinds,
    resource: discovery.resource,
    isServed: discovery.isServed,
    servedVersion: discovery.servedVersion,

    get: async (reference, options = {}) => {
      const subject = subjectOf(reference);
      const path = await objectPath(discovery, reference, options);
      const response = await transport.send({ method: 'GET', path, subject, ...options });
      if (response.status === 404) return undefined;
      if (response.status >= 400) throw apiError(subject, response);
      return readObject(response.text, subject);
    },
    list: async (selection, options = {}) => {
      const resource = await discovery.resource(selection.apiVersion, selection.kind, options);
      return listPages(call, collectionPath(resource, selection.namespace), selection, options);
    },
    async *pages(selection, options = {}) {
      const resource = await discovery.resource(selection.apiVersion, selection.kind, options);
      const path = collectionPath(resource, selection.namespace);
      for await (const { items } of readPages(call, path, selection, { ...options, parse: parseJson }))
        yield items;
    },
    create: async (object, { dryRun, subresource: _, ...options } = {}) => {
      const resource = await discovery.resource(object.apiVersion, object.kind, options);
      const path = collectionPath(resource, object.metadata.namespace ?? 'default');
      const query = { fieldManager, fieldValidation: 'Strict', ...dryRunQuery(dryRun) };
      return callForObject({
        method: 'POST',
        path,
        query,
        body: object,
        subject: subjectOf(object),
        ...options,
      });
    },
    replace: async (object, { dryRun, subresource, ...options } = {}) => {
      const path = await objectPath(discovery, object, options, subresource);
      const query = { fieldManager, fieldValidation: 'Strict', ...dryRunQuery(dryRun) };
      return callForObject({
        method: 'PUT',
        path,
        query,
        body: object,
        subject: subjectOf(object),
        ...options,
      });
    },
    patch: async (reference, body, { dryRun, subresource, ...options } = {}) => {
      const subject = subjectOf(reference);
      const response = await transport.send({
        method: 'PATCH',
        path: await objectPath(discovery, reference, options, subresource),
        query: { fieldManager, fieldValidation: 'Ignore', ...dryRunQuery(dryRun) },
        body,
        contentType: 'application/merge-patch+json',
        subject,
        ...options,
      });
      if (response.status === 404) return undefined;
      if (response.status >= 400) throw apiError(subject, response);
      return readObject(response.text, subject);
    },
    apply: async (object, { dryRun, force = false, subresource, ...more } = {}) => {
      const { fieldManager: manager = fieldManager, fieldValidation = 'Strict', ...options } = more;
      const path = await objectPath(discovery, object, options, subresource);
      const query = { fieldManager: manager, fieldValidation, force, ...dryRunQuery(dryRun) };
      const contentType = 'application/apply-patch+yaml'; // JSON is YAML
      return callForObject({
        method: 'PATCH',
        path,
        query,
        body: applyBody(object),
        contentType,
        subject: subjectOf(object),
        ...options,
      });
    },
    conflicts: async (object, { fieldManager: manager = fieldManager, ...options } = {}) => {
      const response = await transport.send({
        method: 'PATCH',
        path: await objectPath(discovery, object, options),
        query: { fieldManager: manager, fieldValidation: 'Ignore', force: false, dryRun: 'All' },
        body: applyBody(object),
        contentType: 'application/apply-patch+yaml',
        subject: subjectOf(object),
        ...options,
      });
      if (response.status < 400) return [];
      const conflicts = fieldConflicts(response);
      if (conflicts.length === 0) throw apiError(subjectOf(object), response);
      return conflicts;
    },
    delete: async (reference, options = {}) => {
      const { signal, timeoutMs } = options;
      const subject = subjectOf(reference);
      const path = await objectPath(discovery, reference, { signal, timeoutMs });
      const body = deleteBody(options);
      const response = await transport.send({ method: 'DELETE', path, body, subject, signal, timeoutMs });
      if (response.status === 404) return false;
      if (response.status >= 400) throw apiError(subject, response);
      return true;
    },
    watch: (selection, signal, from) =>
      watchObjects({ client, transport, selection, signal, from, pathOf: collectionPath, clock }),

    canI: (access, options) => askAccess(call, access, options),
    podLogs: (request, options) => readLogs(transport, request, options),
    read: (path, options) => transport.send({ method: 'GET', path, subject: path, ...options }),
    open: (path, { method = 'GET', ...options } = {}) =>
      transport.open({ method, path, subject: path, ...options }),
  };
  return client;
}

async function objectPath(
  discovery: { resource: KubeClient['resource'] },
  { apiVersion, kind, metadata }: ObjectReference,
  options: CallOptions,
  subresource?: string,
): Promise<string> {
  const resource = await discovery.resource(apiVersion, kind, options);
  const path = `${collectionPath(resource, metadata.namespace ?? 'default')}/${encodeURIComponent(metadata.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

function collectionPath({ apiVersion, plural, namespaced }: Resource, namespace: string | undefined): string {
  const within = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${apiPath(apiVersion)}${within}/${plural}`;
}

// What the server keeps about an object is not for us to set; managedFields in an apply request is an error.
function applyBody(object: KubeObject): KubeObject {
  const {
    managedFields: _,
    uid: __,
    creationTimestamp: ___,
    generation: ____,
    ...metadata
  } = object.metadata;
  return { ...object, metadata };
}

function deleteBody(options: DeleteOptions): unknown {
  const { uid, resourceVersion, propagation = 'Background', dryRun, graceSeconds } = options;
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: propagation,
    ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
    ...(uid === undefined && resourceVersion === undefined
      ? {}
      : { preconditions: { uid, resourceVersion } }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
}

function dryRunQuery(dryRun: boolean | undefined): { dryRun?: string } {
  return dryRun === true ? { dryRun: 'All' } : {};
}

function subjectOf({ apiVersion, kind, metadata }: ObjectReference): string {
  return formatId({ group: groupOf(apiVersion), kind, namespace: metadata.namespace, name: metadata.name });
}
