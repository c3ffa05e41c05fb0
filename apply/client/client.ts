import type { Dispatcher } from 'undici';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';
import type { Resource, ServedKinds } from './discovery.ts';

/**
 * What Skerry asks of a cluster. Every call may throw CLUSTER_UNREACHABLE, CLUSTER_UNAUTHORIZED, CLUSTER_FORBIDDEN,
 * CLUSTER_ERROR, and KIND_UNKNOWN where it names a kind; an aborted call throws the signal's reason.
 */
export interface KubeClient {
  /** Address of the API server, for messages. */
  readonly server: string;
  version(options?: CallOptions): Promise<ClusterVersion>;
  /** As `apps/v1` and `apps/v1/Deployment`, what charts ask `.Capabilities.APIVersions` for. */
  apiVersions(options?: CallOptions): Promise<string[]>;
  /** Every kind that is served, with what can be done with it; read each time. */
  kinds(options?: CallOptions): Promise<ServedKinds>;
  /** How a kind is served; throws KIND_UNKNOWN. */
  resource(apiVersion: string, kind: string, options?: CallOptions): Promise<Resource>;
  /** Whether the kind is served right now. */
  isServed(apiVersion: string, kind: string, options?: CallOptions): Promise<boolean>;
  /** The apiVersion under which a kind of a group is best asked for; undefined when no version serves it. */
  servedVersion(group: string, kind: string, options?: CallOptions): Promise<string | undefined>;

  get(reference: ObjectReference, options?: CallOptions): Promise<KubeObject | undefined>;
  /** All objects of a selection, read in pages. */
  list(selection: Selection, options?: CallOptions): Promise<ObjectList>;
  /**
   * The objects of a selection page by page, all of one moment, for selections too large to be held. Integers that a
   * number can't hold are bigints, as jsonText writes them.
   */
  pages(selection: Selection, options?: CallOptions): AsyncGenerator<readonly KubeObject[], void, undefined>;
  /** Throws OBJECT_CHANGED when the object exists. */
  create(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** Writes the whole object; throws OBJECT_CHANGED when its resourceVersion is no longer the current one. */
  replace(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /**
   * A merge patch (RFC 7396); one that changes nothing has the object written again as it is where it is stored in another
   * version. Undefined when there is no such object; throws OBJECT_CHANGED when the uid in the patch is another one.
   */
  patch(
    reference: ObjectReference,
    patch: JsonObject,
    options?: WriteOptions,
  ): Promise<KubeObject | undefined>;
  /**
   * Server-side apply as the manager `skerry`. Throws APPLY_CONFLICT, OBJECT_INVALID, OBJECT_REFUSED,
   * NAMESPACE_NOT_FOUND; OBJECT_CHANGED when the object names a resourceVersion that isn't the current one.
   */
  apply(object: KubeObject, options?: ApplyOptions): Promise<KubeObject>;
  /**
   * The fields of an object in the cluster that belong to other managers and would get other values by this apply.
   * Nothing is changed. Throws what apply throws, but APPLY_CONFLICT.
   */
  conflicts(object: KubeObject, options?: CallOptions & ManagerOption): Promise<FieldConflict[]>;
  /** False when there was nothing to delete. Throws OBJECT_CHANGED when a precondition doesn't hold. */
  delete(reference: ObjectReference, options?: DeleteOptions): Promise<boolean>;
  /**
   * First what there is, then each change, until the signal is aborted. Survives broken connections. With `from`, a
   * resourceVersion, only what came after it, as long as the server still knows that.
   */
  watch(
    selection: Selection,
    signal: AbortSignal,
    from?: string,
  ): AsyncGenerator<WatchEvent, void, undefined>;

  /** Asks the cluster whether the user of the kubeconfig may do this. */
  canI(access: Access, options?: CallOptions): Promise<{ allowed: boolean; reason: string }>;
  /** Undefined when there are no logs: no such pod, or the container never started. */
  podLogs(request: LogRequest, options?: CallOptions): Promise<string | undefined>;
  /** Any GET, by its path with query; every status is an answer. */
  read(path: string, options?: CallOptions & { readonly accept?: string | undefined }): Promise<RawAnswer>;
  /**
   * One GET or HEAD by its path with query, its answer as a stream: for bytes that the API server passes on. It is sent
   * once, and network errors are thrown as they are.
   */
  open(path: string, options?: OpenOptions): Promise<Dispatcher.ResponseData>;
}

export interface OpenOptions extends CallOptions {
  readonly method?: 'GET' | 'HEAD' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly contentType?: string | undefined;
}

export interface ManagerOption {
  /** Whose name the fields get in `managedFields`; the client's own when absent. */
  readonly fieldManager?: string | undefined;
}

/** A field that belongs to another manager. */
export interface FieldConflict {
  /** As the API server writes it: `.spec.template.spec.containers[name="web"].image`. */
  readonly field: string;
  /** `kubectl`, or `kube-controller-manager, subresource scale`. */
  readonly manager: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For one attempt, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

export interface WriteOptions extends CallOptions {
  /** The server checks everything and keeps nothing. */
  readonly dryRun?: boolean | undefined;
  readonly subresource?: 'status' | 'scale' | undefined;
}

export interface ApplyOptions extends WriteOptions, ManagerOption {
  /** Takes over fields that belong to other managers. */
  readonly force?: boolean | undefined;
  /** What is done about fields that the schema doesn't know; `Strict` when absent. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore' | undefined;
}

export interface DeleteOptions extends CallOptions {
  /** Deletes only the object with this uid. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** `Background` when absent. */
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  /** What a pod gets to end in; its own when absent. 0 takes it away without waiting for its node. */
  readonly graceSeconds?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

export interface Selection {
  readonly apiVersion: string;
  readonly kind: string;
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Nothing but apiVersion, kind and metadata of each object: all that is needed to see that one has changed. */
  readonly metadataOnly?: boolean | undefined;
  /** What is kept of each object as soon as it is read: a list of large ones is then never whole in memory. */
  readonly keep?: ((object: KubeObject) => KubeObject) | undefined;
}

export interface ObjectList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

export type WatchEvent =
  /** The whole selection: at the start, and again whenever changes may have been missed. */
  | { readonly type: 'listed'; readonly objects: readonly KubeObject[]; readonly resourceVersion?: string }
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubeObject };

export interface Access {
  readonly verb: string;
  readonly group: string;
  /** Plural, e.g. `deployments`, or with a subresource `pods/log`. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly tailLines: number;
  /** Of the container's run before the current one. */
  readonly previous?: boolean | undefined;
}

export interface ClusterVersion {
  /** As the API server writes it, e.g. `v1.34.4`. */
  readonly gitVersion: string;
  readonly platform: string;
}
