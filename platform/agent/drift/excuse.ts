import { isDeepStrictEqual } from 'node:util';
import { type SetField, valueAt } from '../../../apply/field-set.ts';
import { isJsonObject } from '../../../apply/json.ts';
import { groupOf, type KubeObject } from '../../../apply/object.ts';
import type { DriftPolicy } from '../../api/drift-policy.ts';
import { isSameQuantity } from '../quantity.ts';
import type { Scalers } from './scalers.ts';

export interface Circumstances {
  /** As it was applied. */
  readonly object: KubeObject;
  readonly policy: DriftPolicy;
  readonly scalers: Scalers;
}

/** Whether a field that has another value than the one applied is as it should be, and is left alone. */
export function isExcused(circumstances: Circumstances, field: SetField): boolean {
  return (
    isIgnored(circumstances, field) ||
    isInjectedCa(circumstances.object, field) ||
    isMark(field) ||
    isScaled(circumstances, field) ||
    isFilledLater(circumstances.object, field) ||
    isSummed(circumstances.object, field) ||
    isWithin(field.path, '.status')
  );
}

/** Whether two values say the same: in custom resources the API server keeps quantities as they are spelled. */
export function isSameValue(a: unknown, b: unknown, path: string): boolean {
  return isDeepStrictEqual(a, b) || (QUANTITIES.test(path) && isSameQuantity(a, b));
}

/** Where quantities stand, in the API's own types and in those that follow them. */
const QUANTITIES =
  /\.(?:resources|limits|requests|capacity|allocatable|hard|min|max|storage|size|sizeLimit)\b/i;

function isIgnored({ object, policy }: Circumstances, { path }: SetField): boolean {
  return (policy.ignore ?? []).some(
    ({ kind = object.kind, name = object.metadata.name, field }) =>
      kind === object.kind && name === object.metadata.name && isWithin(path, field),
  );
}

/** `.spec.a` and `.spec.a[0]` are within `.spec.a`; `.spec.ab` isn't. */
function isWithin(path: string, field: string): boolean {
  const whole = field.startsWith('.') || field.startsWith('[') ? field : `.${field}`;
  return path === whole || (path.startsWith(whole) && /^[.[]/.test(path.slice(whole.length)));
}

const WITH_CA = new Map([
  ['MutatingWebhookConfiguration', 'admissionregistration.k8s.io'],
  ['ValidatingWebhookConfiguration', 'admissionregistration.k8s.io'],
  ['CustomResourceDefinition', 'apiextensions.k8s.io'],
  ['APIService', 'apiregistration.k8s.io'],
]);

// Whatever was stated, cert-manager or a job of the chart puts the authority in that it has made.
function isInjectedCa({ kind, apiVersion }: KubeObject, { path }: SetField): boolean {
  return WITH_CA.get(kind) === groupOf(apiVersion) && path.endsWith('.caBundle');
}

/** Notes that controllers and kubectl leave; a rollout that was restarted is no change of what runs. */
const MARKS = [
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'kubectl.kubernetes.io/restartedAt',
  'kubectl.kubernetes.io/last-applied-configuration',
  'control-plane.alpha.kubernetes.io/leader',
];

function isMark({ path }: SetField): boolean {
  return MARKS.some((mark) => path.endsWith(`.metadata.annotations.${mark}`));
}

function isScaled({ scalers }: Circumstances, { path }: SetField): boolean {
  if (scalers.replicas && /^\.spec\.(?:.*\.)?replicas$/i.test(path)) return true;
  return scalers.resources && /\.(?:init)?containers\[[^\]]*\]\.resources\b/i.test(path);
}

/** A Secret whose value was left empty is for the application's own jobs to fill. */
function isFilledLater(object: KubeObject, field: SetField): boolean {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || !isWithin(field.path, '.data')) return false;
  const applied = valueAt(object, field);
  return (
    applied === undefined || applied === '' || (isJsonObject(applied) && Object.keys(applied).length === 0)
  );
}

/** The rules of an aggregated ClusterRole are for the controller to sum up (rbac/v1, AggregationRule). */
function isSummed({ kind, aggregationRule }: KubeObject, { path }: SetField): boolean {
  return kind === 'ClusterRole' && isJsonObject(aggregationRule) && isWithin(path, '.rules');
}
