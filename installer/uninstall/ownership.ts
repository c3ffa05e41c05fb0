import { listAt, textAt } from '../../apply/json.ts';
import {
  describeObject,
  formatId,
  groupOf,
  type KubeObject,
  type OwnerReference,
} from '../../apply/object.ts';
import { markOf } from '../record/mark.ts';
import { isKept } from './kept.ts';
import { canBeMade, isMadeByWorkload } from './made.ts';

/** What is known to come from an installation, by what describeObject says of it. */
export interface Known {
  readonly names: ReadonlySet<string>;
  /** The same as they were, so that what came of them is known when they have gone. */
  readonly objects: readonly KubeObject[];
  /** Names of Helm releases whose records are ours. */
  readonly releases: ReadonlySet<string>;
  /** The installation's id; empty where it has none. */
  readonly id: string;
}

/** Those of a namespace's objects that are neither ours nor made by Kubernetes for every namespace or for ours. */
export function foreignAmong(objects: readonly KubeObject[], known: Known): KubeObject[] {
  const ownership = new Ownership(objects, known);
  return objects.filter((object) => !ownership.isOurs(object));
}

/** Owners above owners above owners: more is a circle. */
const DEEPEST = 20;

class Ownership {
  readonly #known: Known;
  readonly #byUid: Map<string, KubeObject>;

  constructor(objects: readonly KubeObject[], known: Known) {
    this.#known = known;
    this.#byUid = new Map(
      objects.flatMap((object) => (object.metadata.uid === undefined ? [] : [[object.metadata.uid, object]])),
    );
  }

  isOurs(object: KubeObject, depth = 0): boolean {
    // What is on its way out already is not lost by this.
    if (object.metadata.deletionTimestamp !== undefined) return true;
    if (this.#known.names.has(describeObject(object)) || isOfEveryNamespace(object)) return true;
    const { ownerReferences = [], namespace } = object.metadata;
    if (ownerReferences.length > 0)
      return ownerReferences.every((owner) => this.#isOurOwner(owner, namespace, depth));
    return this.#isRecord(object) || this.#isByProduct(object);
  }

  // An owner counts only if it is ours itself, down to its uid.
  #isOurOwner({ apiVersion, kind, name, uid }: OwnerReference, namespace: string | undefined, depth: number) {
    const found = this.#byUid.get(uid);
    if (found !== undefined) return depth < DEEPEST && this.isOurs(found, depth + 1);
    const group = groupOf(apiVersion);
    const isHere = [...this.#byUid.values()].some(
      (object) =>
        object.kind === kind && groupOf(object.apiVersion) === group && object.metadata.name === name,
    );
    if (isHere) return false; // another one of that name
    return (
      this.#known.names.has(formatId({ group, kind, name })) ||
      this.#known.names.has(formatId({ group, kind, namespace, name }))
    );
  }

  #isRecord({ kind, type, metadata: { labels } }: KubeObject): boolean {
    return (
      kind === 'Secret' &&
      type === 'helm.sh/release.v1' &&
      labels?.owner === 'helm' &&
      this.#known.releases.has(labels.name ?? '')
    );
  }

  /** What Kubernetes, or a workload of ours, makes beside our objects without naming an owner. */
  #isByProduct(object: KubeObject): boolean {
    const { kind, apiVersion, metadata } = object;
    const ofOurs = (ownKind: string, isIt: (ours: KubeObject) => boolean) =>
      this.#known.objects.some(
        (ours) => ours.kind === ownKind && ours.metadata.namespace === metadata.namespace && isIt(ours),
      );
    if (kind === 'Endpoints') return ofOurs('Service', (service) => service.metadata.name === metadata.name);
    // Marked by a run that was cut off, before it took away what told whose it is.
    const outlives = kind === 'PersistentVolumeClaim' || canBeMade(object);
    if (outlives && !isKept(object) && this.#known.id !== '' && markOf(object) === this.#known.id)
      return true;
    if (this.#known.objects.some((ours) => isMadeByWorkload(object, ours))) return true;
    if (kind === 'PersistentVolumeClaim')
      return ofOurs('StatefulSet', (set) => isClaimOf(set, metadata.name));
    if (kind === 'Secret' && object.type === 'kubernetes.io/service-account-token') {
      const account = metadata.annotations?.['kubernetes.io/service-account.name'];
      return account === 'default' || ofOurs('ServiceAccount', (ours) => ours.metadata.name === account);
    }
    if (kind === 'Lease' && groupOf(apiVersion) === 'coordination.k8s.io') {
      // Leader election: the holder is a pod, which is called after its workload.
      const holder = textAt(object, 'spec', 'holderIdentity') ?? '';
      return ['Deployment', 'StatefulSet', 'DaemonSet'].some((workload) =>
        ofOurs(workload, (ours) => holder.startsWith(`${ours.metadata.name}-`)),
      );
    }
    return false;
  }
}

function isOfEveryNamespace({ kind, apiVersion, metadata: { name } }: KubeObject): boolean {
  if (apiVersion !== 'v1') return false;
  return (
    (kind === 'ConfigMap' && name === 'kube-root-ca.crt') || (kind === 'ServiceAccount' && name === 'default')
  );
}

// `TEMPLATE-SET-NUMBER`, as the StatefulSet controller names them.
export function isClaimOf(set: KubeObject, claim: string): boolean {
  return listAt(set, 'spec', 'volumeClaimTemplates').some((template) => {
    const start = `${textAt(template, 'metadata', 'name')}-${set.metadata.name}-`;
    return claim.startsWith(start) && /^\d+$/.test(claim.slice(start.length));
  });
}
