import type { ObjectReference } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { AS_WRITTEN_LABEL, IMAGE_POLICY, NAMESPACE } from '../names.ts';
import { marked } from '../record/mark.ts';
import { imageKeys, keyExpression } from './image-keys.ts';

/** What serves and matches MutatingAdmissionPolicy. */
export const POLICY_GROUP = 'admissionregistration.k8s.io';
export const POLICY_KIND = 'MutatingAdmissionPolicy';
const BINDING_KIND = 'MutatingAdmissionPolicyBinding';

/** What one must be allowed to do where there are such policies. Whoever makes one must be able to read what it looks up. */
export const POLICY_ACCESS = [
  ...['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'].map((resource) => ({
    group: POLICY_GROUP,
    resource,
    verbs: ['get', 'create', 'update', 'delete'],
  })),
  { group: '', resource: 'configmaps', verbs: ['get'] },
];

/** Where a pod lists its containers; ephemeral ones come by a subresource. */
const LISTS = ['initContainers', 'containers', 'ephemeralContainers'];

/** Of each image of the release, under every spelling: where nodes pull it from. Also read by `status`. */
export function imageMapObject(images: ReadonlyMap<string, string>, id: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: IMAGE_POLICY, namespace: NAMESPACE, labels: marked(id) },
    data: imageKeys(images).data,
  };
}

/**
 * The policy that turns images of the release to the private registry in pods that are made later, by operators or by
 * anybody. It runs in the API server; there is no webhook server that could be away. What the release does not hold stays as
 * it is, and so does a container that is not new or whose image does not change: it would be restarted otherwise.
 */
export function imagePolicy(apiVersion: string, id: string): KubeObject[] {
  const metadata = { name: IMAGE_POLICY, labels: marked(id) };
  const policy = {
    apiVersion,
    kind: POLICY_KIND,
    metadata,
    spec: {
      // A pod whose image can't be turned is better than no pod.
      failurePolicy: 'Ignore',
      // Sidecars that a webhook adds after this are seen in a second round.
      reinvocationPolicy: 'IfNeeded',
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: {
          matchExpressions: [
            // What the registry itself stands on (network, DNS, storage) must not wait for the registry.
            { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system'] },
            { key: AS_WRITTEN_LABEL, operator: 'DoesNotExist' },
          ],
        },
        objectSelector: { matchExpressions: [{ key: AS_WRITTEN_LABEL, operator: 'DoesNotExist' }] },
        resourceRules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['pods', 'pods/ephemeralcontainers'],
            scope: '*',
          },
        ],
      },
      matchConditions: [
        {
          // The kubelet's copies of its static pods: it alone decides what runs.
          name: 'no-mirror-pod',
          expression:
            "!has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)",
        },
      ],
      mutations: LISTS.map((list) => ({
        patchType: 'JSONPatch',
        jsonPatch: { expression: patchExpression(list) },
      })),
    },
  };
  const binding = {
    apiVersion,
    kind: BINDING_KIND,
    metadata,
    spec: {
      policyName: IMAGE_POLICY,
      paramRef: { name: IMAGE_POLICY, namespace: NAMESPACE, parameterNotFoundAction: 'Allow' },
    },
  };
  return [policy, binding];
}

function patchExpression(list: string): string {
  const containers = `object.spec.${list}`;
  const key = keyExpression('c.image');
  const unchanged = [
    "request.operation == 'UPDATE'",
    `has(oldObject.spec.${list})`,
    `oldObject.spec.${list}.exists(o, o.name == c.name && has(o.image) && o.image == c.image)`,
  ].join(' && ');
  const patch = [
    "op: 'replace'",
    // CEL has no index in a comprehension. Names of containers differ within a list, or the pod is refused anyway.
    `path: '/spec/${list}/' + string(${containers}.map(n, n.name).indexOf(c.name)) + '/image'`,
    `value: params.data[${key}]`,
  ].join(', ');
  return [
    `has(${containers}) && has(params.data)`,
    `? ${containers}`,
    `.filter(c, has(c.image) && (${key}) in params.data && !(${unchanged}))`,
    `.map(c, JSONPatch{${patch}})`,
    ': []',
  ].join('\n');
}

/** What the policy is made of, in the order in which it goes. */
export function imagePolicyReferences(apiVersion: string | undefined): ObjectReference[] {
  const map = imageMapReference();
  if (apiVersion === undefined) return [map];
  const metadata = { name: IMAGE_POLICY };
  return [{ apiVersion, kind: BINDING_KIND, metadata }, { apiVersion, kind: POLICY_KIND, metadata }, map];
}

export function imageMapReference(): ObjectReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: IMAGE_POLICY, namespace: NAMESPACE } };
}
