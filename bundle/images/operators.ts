import { runsOnDemand } from '../../apply/client/on-demand.ts';
import type { ImageFinding } from '../../apply/images/find-images.ts';
import { isJsonObject, listAt } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import type { ChartUse } from './renderings.ts';

/** A chart that looks like an operator, while no image is seen that it could start. */
export interface Operator {
  readonly component?: string | undefined;
  readonly pack?: string | undefined;
  /** The role that lets it start pods, e.g. `ClusterRole.rbac.authorization.k8s.io op`. */
  readonly role: string;
  /** What it may make: `deployments.apps`. */
  readonly makes: string;
}

interface SearchedChart {
  readonly use: ChartUse;
  /** The whole rendered text, CRDs and all. */
  readonly text: string;
  readonly objects: readonly KubeObject[];
  readonly findings: readonly ImageFinding[];
}

/**
 * Charts that bring CRDs, something that runs, and the permission to make what starts pods, in none of whose renderings
 * any image is named besides those of its own pods.
 */
export function findOperators(charts: readonly SearchedChart[]): Operator[] {
  const byOwner = Map.groupBy(charts, ({ use: { component, pack } }) => `${component}/${pack}`);
  return [...byOwner.values()].flatMap((renderings) => {
    const [found] = renderings.flatMap(operatorIn);
    if (found === undefined || renderings.some(namesOperands)) return [];
    const { component, pack } = renderings[0]?.use ?? {};
    return [{ component, pack, ...found }];
  });
}

const RUNNING = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Pod']);
const STARTS_PODS: Readonly<Record<string, readonly string[]>> = {
  '': ['pods', 'replicationcontrollers'],
  apps: ['deployments', 'daemonsets', 'statefulsets', 'replicasets'],
  batch: ['jobs', 'cronjobs'],
};

function operatorIn({ text, objects }: SearchedChart): Pick<Operator, 'role' | 'makes'>[] {
  if (!/^kind:\s*["']?CustomResourceDefinition\b/m.test(text)) return [];
  if (!objects.some(({ kind }) => RUNNING.has(kind))) return [];
  return objects
    .filter(({ kind }) => ROLES.has(kind))
    .filter(isHeld(objects))
    .flatMap((role) => {
      const makes = listAt(role, 'rules').flatMap(startedBy);
      return makes[0] === undefined ? [] : [{ role: `${role.kind} ${role.metadata.name}`, makes: makes[0] }];
    });
}

const ROLES = new Set(['ClusterRole', 'Role']);

/** Tells the roles that a chart gives to its own pods from those that it only offers (`job-editor`). */
function isHeld(objects: readonly KubeObject[]): (role: KubeObject) => boolean {
  const bound = new Set(
    objects
      .filter(({ kind }) => kind === 'ClusterRoleBinding' || kind === 'RoleBinding')
      .filter((binding) => listAt(binding, 'subjects').some(isServiceAccount))
      .map(({ roleRef }) => (isJsonObject(roleRef) ? `${roleRef.kind} ${roleRef.name}` : '')),
  );
  const isBound = ({ kind, metadata: { name } }: KubeObject) => bound.has(`${kind} ${name}`);
  // https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
  const selectors = objects
    .filter((role) => ROLES.has(role.kind) && isBound(role))
    .flatMap(({ aggregationRule }) =>
      isJsonObject(aggregationRule) ? listAt(aggregationRule, 'clusterRoleSelectors') : [],
    );
  return (role) => isBound(role) || selectors.some((selector) => selects(selector, role));
}

function isServiceAccount(subject: unknown): boolean {
  if (!isJsonObject(subject)) return false;
  return subject.kind === 'ServiceAccount' || String(subject.name).startsWith('system:serviceaccount');
}

// What a selector says in other ways than `matchLabels` isn't judged: the role counts.
function selects(selector: unknown, { metadata: { labels } }: KubeObject): boolean {
  const wanted = isJsonObject(selector) && isJsonObject(selector.matchLabels) ? selector.matchLabels : {};
  return Object.entries(wanted).every(([key, value]) => isJsonObject(labels) && labels[key] === value);
}

function startedBy(rule: unknown): string[] {
  if (!isJsonObject(rule)) return [];
  const allows = (field: string, value: string) =>
    listAt(rule, field).some((allowed) => allowed === value || allowed === '*');
  if (!allows('verbs', 'create')) return [];
  return Object.entries(STARTS_PODS).flatMap(([group, resources]) =>
    resources
      .filter((resource) => allows('apiGroups', group) && allows('resources', resource))
      .map((resource) => (group === '' ? resource : `${resource}.${group}`)),
  );
}

// An image in a custom resource, or a text in the operator's arguments, is what it will start.
function namesOperands({ objects, findings }: SearchedChart): boolean {
  const custom = new Set(
    objects.filter(({ apiVersion }) => apiVersion.split('/')[0]?.includes('.')).map(({ kind }) => kind),
  );
  const tests = new Set(objects.filter(runsOnDemand).map(describeObject));
  return findings.some(
    ({ certainty, object }) =>
      (certainty === 'likely' && !tests.has(object)) ||
      (certainty === 'sure' && custom.has(object.split(/[. ]/)[0] ?? '')),
  );
}
