import { z } from 'zod';
import { apiError } from './api-error.ts';
import type {
  Access,
  CallOptions,
  DeleteOptions,
  KubeClient,
  LogRequest,
  ObjectList,
  ObjectReference,
  Selection,
} from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { apiPath, createDiscovery, type Resource } from './discovery.ts';
import { applyError } from './errors.ts';
import { isJsonObject } from './json.ts';
import { type KubeconfigSource, loadKubeconfig } from './kubeconfig.ts';
import { formatId, groupOf, type KubeObject, narrowObject } from './object.ts';
import {
  type ApiRequest,
  type ApiResponse,
  createTransport,
  type Transport,
  type TransportOptions,
} from './transport.ts';
import { watchObjects } from './watch.ts';

/** The name under which fields that Skerry sets are kept in `managedFields`. */
export const FIELD_MANAGER = 'skerry';

const PAGE = 500;
const LOG_BYTES = 64 * 1024;

/** A client for the cluster of a kubeconfig. Throws KUBECONFIG_INVALID. Opens no connection yet. */
export async function connectCluster(
  source: KubeconfigSource,
  options: TransportOptions = {},
): Promise<KubeClient> {
  return createKubeClient(createTransport(await loadKubeconfig(source), options), options.clock);
}

export function createKubeClient(transport: Transport, clock: Clock = systemClock): KubeClient {
  const discovery = createDiscovery(transport);

  const call = async (request: ApiRequest): Promise<ApiResponse> => {
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
    list: async (selection, options = {}) =>
      listPages(
        call,
        await discovery.resource(selection.apiVersion, selection.kind, options),
        selection,
        options,
      ),
    create: async (object, { dryRun, subresource: _, ...options } = {}) => {
      const resource = await discovery.resource(object.apiVersion, object.kind, options);
      const path = collectionPath(resource, object.metadata.namespace ?? 'default');
      const query = { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', ...dryRunQuery(dryRun) };
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
      const query = { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', ...dryRunQuery(dryRun) };
      return callForObject({
        method: 'PUT',
        path,
        query,
        body: object,
        subject: subjectOf(object),
        ...options,
      });
    },
    apply: async (object, { dryRun, force = false, subresource, ...options } = {}) => {
      const path = await objectPath(discovery, object, options, subresource);
      const query = { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', force, ...dryRunQuery(dryRun) };
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
    watch: (selection, signal) =>
      watchObjects({ client, transport, selection, signal, pathOf: collectionPath, clock }),

    canI: (access, options) => askAccess(call, access, options),
    podLogs: (request, options) => readLogs(transport, request, options),
  };
  return client;
}

type Call = (request: ApiRequest) => Promise<ApiResponse>;

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

async function listPages(
  call: Call,
  resource: Resource,
  { apiVersion, kind, namespace, labelSelector, fieldSelector }: Selection,
  options: CallOptions,
): Promise<ObjectList> {
  const items: KubeObject[] = [];
  const subject = `list of ${kind}`;
  let next: string | undefined;
  let resourceVersion = '';
  do {
    const query = { labelSelector, fieldSelector, limit: PAGE, continue: next };
    const { text } = await call({
      method: 'GET',
      path: collectionPath(resource, namespace),
      query,
      subject,
      ...options,
    });
    const page = listSchema.parse(JSON.parse(text));
    // Items of a typed list don't repeat what the list says.
    for (const item of page.items) items.push(narrow({ apiVersion, kind, ...item }, subject));
    resourceVersion = page.metadata.resourceVersion;
    next = page.metadata.continue;
  } while (next !== undefined && next !== '');
  return { items, resourceVersion };
}

const listSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().default(''), continue: z.string().optional() }),
  items: z
    .array(z.looseObject({}))
    .nullish()
    .transform((items) => items ?? []),
});

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

function deleteBody({ uid, resourceVersion, propagation = 'Background', dryRun }: DeleteOptions): unknown {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: propagation,
    ...(uid === undefined && resourceVersion === undefined
      ? {}
      : { preconditions: { uid, resourceVersion } }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
}

function dryRunQuery(dryRun: boolean | undefined): { dryRun?: string } {
  return dryRun === true ? { dryRun: 'All' } : {};
}

const versionSchema = z.looseObject({ gitVersion: z.string(), platform: z.string() });

async function readVersion(call: Call, options: CallOptions = {}) {
  const { text } = await call({
    method: 'GET',
    path: '/version',
    subject: 'version of the cluster',
    ...options,
  });
  const { gitVersion, platform } = versionSchema.parse(JSON.parse(text));
  return { gitVersion, platform };
}

const reviewSchema = z.looseObject({
  status: z.looseObject({ allowed: z.boolean(), reason: z.string().default('') }),
});

async function askAccess(call: Call, { resource, ...access }: Access, options: CallOptions = {}) {
  const [plural = resource, subresource] = resource.split('/');
  const { text } = await call({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    subject: `permission to ${access.verb} ${resource}`,
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { ...access, resource: plural, subresource } },
    },
    ...options,
  });
  const { allowed, reason } = reviewSchema.parse(JSON.parse(text)).status;
  return { allowed, reason };
}

async function readLogs(
  transport: Transport,
  { namespace, pod, container, tailLines, previous }: LogRequest,
  options: CallOptions = {},
): Promise<string | undefined> {
  const subject = `logs of ${namespace}/${pod}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const query = { container, tailLines, previous, limitBytes: LOG_BYTES };
  const response = await transport.send({ method: 'GET', path, query, subject, ...options });
  if (response.status === 400 || response.status === 404) return undefined;
  if (response.status >= 400) throw apiError(subject, response);
  return response.text;
}

function readObject(text: string, subject: string): KubeObject {
  return narrow(JSON.parse(text) as unknown, subject);
}

function narrow(value: unknown, subject: string): KubeObject {
  const narrowed = narrowObject(value);
  if ('object' in narrowed) return narrowed.object;
  const kind = isJsonObject(value) ? String(value.kind) : typeof value;
  throw applyError('CLUSTER_ERROR', {
    subject,
    detail: `answered with a ${kind} that is no object: ${narrowed.problem}`,
  });
}

function subjectOf({ apiVersion, kind, metadata }: ObjectReference): string {
  return formatId({ group: groupOf(apiVersion), kind, namespace: metadata.namespace, name: metadata.name });
}
