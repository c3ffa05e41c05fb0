import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** The roles that the chart brings; a member of a project has one or more of them. */
export const ROLES = ['viewer', 'operator', 'admin', 'auditor'] as const;
export type RoleName = (typeof ROLES)[number];

/** Somebody who is given a role. */
export const Member = z.strictObject({
  subject: z
    .string()
    .max(400)
    .regex(/^(user|group):[^\p{Cc}]+$|^serviceaccount:[a-z0-9-]+\/[a-z0-9.-]+$/u)
    .meta({
      description: 'user:NAME, group:NAME or serviceaccount:NAMESPACE/NAME, as Kubernetes knows them.',
    }),
  role: z.enum(ROLES),
});
export type Member = z.infer<typeof Member>;

export const Members = z.array(Member).max(200);

/** Marks the RoleBindings whose subjects are the members. */
const MEMBERS_LABEL = 'skerry.dev/members';

const Binding = z.object({
  roleRef: z.object({ kind: z.string(), name: z.string() }),
  subjects: z
    .array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() }))
    .nullish(),
});

/** The binding of one role to all of its members. */
export function bindingOf(project: string, role: RoleName, members: readonly Member[]): KubeObject {
  const subjects = members.filter((member) => member.role === role).map(({ subject }) => subjectOf(subject));
  return {
    ...bindingReference(project, role),
    metadata: { namespace: project, name: bindingName(role), labels: { [MEMBERS_LABEL]: role } },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: `skerry-${role}` },
    subjects,
  };
}

export function bindingReference(project: string, role: RoleName) {
  return {
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: 'RoleBinding',
    metadata: { namespace: project, name: bindingName(role) },
  };
}

/** The members that these bindings name; bindings of others don't count. */
export function membersOf(bindings: readonly KubeObject[]): Member[] {
  return ROLES.flatMap((role) => {
    const binding = bindings.find(({ metadata }) => metadata.name === bindingName(role));
    const { subjects } = Binding.safeParse(binding).data ?? {};
    return (subjects ?? []).map((subject) => ({ subject: textOf(subject), role }));
  });
}

/** Changes when the members do. */
export function membersVersion(bindings: readonly KubeObject[]): string {
  const versions = bindings.map(({ metadata }) => `${metadata.name}=${metadata.resourceVersion}`).sort();
  return createHash('sha256').update(versions.join()).digest('base64url').slice(0, 22);
}

function bindingName(role: RoleName): string {
  return `skerry-${role}`;
}

function subjectOf(text: string) {
  const colon = text.indexOf(':');
  const [kind, name] = [text.slice(0, colon), text.slice(colon + 1)];
  if (kind === 'serviceaccount') {
    const [namespace = '', account = ''] = name.split('/');
    return { kind: 'ServiceAccount', namespace, name: account };
  }
  return { apiGroup: RBAC_GROUP, kind: kind === 'group' ? 'Group' : 'User', name };
}

function textOf({ kind, name, namespace }: { kind: string; name: string; namespace?: string | undefined }) {
  return kind === 'ServiceAccount'
    ? `serviceaccount:${namespace ?? ''}/${name}`
    : `${kind.toLowerCase()}:${name}`;
}
