import type { KubeClient } from '../../apply/client/client.ts';
import { at } from '../../apply/json.ts';
import type { KubeObject, OwnerReference } from '../../apply/object.ts';
import { imageMapReference } from '../images/image-policy.ts';
import { CHECKPOINT_RULE, MARK, NAMESPACE, PUSH_SECRET, USERS_SECRET } from '../names.ts';
import type { RestoreRule } from './checkpoint-line.ts';

export interface Setting {
  readonly rule: RestoreRule;
  readonly object: KubeObject;
}

interface Reader {
  readonly client: Pick<KubeClient, 'list' | 'pages'>;
  readonly signal: AbortSignal;
}

const KINDS = ['ConfigMap', 'Secret'];
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];
/** Secrets that Kubernetes or Helm make and look after, by type. */
const NOT_OURS =
  /^(?:helm\.sh\/release\.v1|kubernetes\.io\/service-account-token|bootstrap\.kubernetes\.io\/token)$/;
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const MADE_BY = 'app.kubernetes.io/managed-by';

/**
 * Namespaces that hold settings of the platform alone. Those that Kubernetes keeps its own in are left out: what
 * kubeadm or a node's agent wrote there since must not go back.
 */
export function settingNamespaces(components: readonly { readonly namespace: string }[]): string[] {
  const names = components.map(({ namespace }) => namespace);
  return [...new Set(names)].filter((name) => name !== 'default' && !name.startsWith('kube-')).sort();
}

/** The settings in a namespace: what the installer and people keep there, and what programs can't make again. */
export async function* settingsIn({ client, signal }: Reader, namespace: string): AsyncGenerator<Setting> {
  const programs = await workloadNames({ client, signal }, namespace);
  for (const kind of KINDS) {
    for await (const page of client.pages({ apiVersion: 'v1', kind, namespace }, { signal })) {
      for (const object of page) {
        const rule = settingRule(object, programs);
        if (rule !== 'never') yield { rule, object };
      }
    }
  }
}

/** What going back does about a ConfigMap or Secret. `programs`: names of the workloads of its namespace. */
function settingRule(object: KubeObject, programs: ReadonlySet<string>): RestoreRule | 'never' {
  const { kind, type, metadata } = object;
  const { annotations = {}, labels = {}, ownerReferences = [] } = metadata;
  const stated = annotations[CHECKPOINT_RULE];
  if (stated === 'never' || stated === 'if-missing' || stated === 'always') return stated;
  if (metadata.deletionTimestamp !== undefined || ownerReferences.some(isController)) return 'never';
  if (metadata.name === 'kube-root-ca.crt' || annotations[LEADER] !== undefined) return 'never';
  if (kind === 'Secret' && NOT_OURS.test(String(type))) return 'never';
  if (labels[MARK] !== undefined) return ownRule(object);
  const maker = labels[MADE_BY];
  // Helm puts back what a chart states; what a program filled in besides, as keys, is lost with the object alone.
  if (maker === 'Helm') return 'if-missing';
  // What a running program writes for itself goes on from where it is.
  if (maker !== undefined && programs.has(maker)) return kind === 'Secret' ? 'if-missing' : 'never';
  // A certificate that was renewed since is the better one.
  return type === 'kubernetes.io/tls' ? 'if-missing' : 'always';
}

/** Of what the installer makes by itself: what a release decides goes back, what must only grow never does. */
function ownRule({ kind, metadata: { name, namespace } }: KubeObject): RestoreRule | 'never' {
  const map = imageMapReference();
  if (kind === 'ConfigMap' && name === map.metadata.name) return 'always';
  const isAccess = kind === 'Secret' && namespace === NAMESPACE && [USERS_SECRET, PUSH_SECRET].includes(name);
  return isAccess ? 'if-missing' : 'never';
}

function isController(owner: OwnerReference): boolean {
  return at(owner, 'controller') === true;
}

async function workloadNames({ client, signal }: Reader, namespace: string): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(
    WORKLOADS.map((kind) =>
      client.list({ apiVersion: 'apps/v1', kind, namespace, metadataOnly: true }, { signal }),
    ),
  );
  return new Set(lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name)));
}
