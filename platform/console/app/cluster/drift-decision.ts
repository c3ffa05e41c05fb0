import type { Cluster, Profile } from '../../../client/kinds.ts';

export type DriftItem = NonNullable<NonNullable<Cluster['status']>['drift']>['top'][number];
type Policy = NonNullable<NonNullable<Cluster['spec']['policy']>['drift']>;
type Ignored = NonNullable<Policy['ignore']>[number];

/** As many fields as a policy of a cluster takes. */
const MOST_IGNORED = 8;

/** What may be decided about something that differs, at this cluster; or why it can't be decided here. */
export type Decision =
  | { readonly kind: 'policy'; readonly putBack: Policy | undefined; readonly accept: Policy | undefined }
  | { readonly kind: 'pack'; readonly profile: string; readonly layer: string };

/**
 * A layer goes by what its pack in the profile says of drift, and else by the cluster. Profiles never change, so only in
 * the second case can it be decided here. What is undefined is so already, or has no room.
 */
export function decisionOn(cluster: Cluster, item: DriftItem, profiles: readonly Profile[]): Decision {
  const owner = profiles.find(
    ({ project, spec }) =>
      project === cluster.project &&
      (cluster.spec.profiles ?? []).some(
        ({ name, version }) => name === spec.name && version === spec.version,
      ) &&
      spec.packs.some(({ name, drift }) => name === item.layer && drift !== undefined),
  );
  if (owner !== undefined) return { kind: 'pack', profile: owner.name, layer: item.layer };
  const policy = cluster.spec.policy?.drift ?? { mode: 'correct' };
  const wasPutBack = item.state === 'corrected';
  return {
    kind: 'policy',
    putBack: policy.mode === 'correct' || wasPutBack ? undefined : { ...policy, mode: 'correct' },
    accept: acceptedIn(policy, item),
  };
}

function acceptedIn(policy: Policy, item: DriftItem): Policy | undefined {
  const { kind, name } = partsOf(item.object);
  const before = policy.ignore ?? [];
  const added = item.fields
    .map((field): Ignored => ({ kind, name, field }))
    .filter(
      (wanted) =>
        !before.some((each) => each.field === wanted.field && each.kind === kind && each.name === name),
    );
  // Something that was deleted has no field to accept.
  if (added.length === 0 || before.length + added.length > MOST_IGNORED) return undefined;
  return { ...policy, ignore: [...before, ...added] };
}

/** `Deployment.apps shop/web` by its parts. */
export function partsOf(object: string): {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
} {
  const [type = '', place = ''] = object.split(' ');
  const [namespace, name] = place.includes('/') ? place.split('/') : ['', place];
  return { kind: type.split('.')[0] ?? type, namespace: namespace ?? '', name: name ?? '' };
}
