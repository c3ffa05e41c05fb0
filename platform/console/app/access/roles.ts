/** The roles that a member of a project may have. */
export const ROLES = ['viewer', 'operator', 'admin', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  viewer: 'read everything of the project',
  operator: 'besides, write cluster profiles, clusters and rollouts, and invite agents',
  admin:
    'besides, write cloud accounts, gateways, registries and alert receivers, change members, and delete the project',
  auditor: 'read everything, members and the audit too, and write nothing',
};

/** Somebody who is given a role: `user:NAME`, `group:NAME` or `serviceaccount:NAMESPACE/NAME`. */
export function isSubject(text: string): boolean {
  return /^(user|group):[^\p{Cc}]+$|^serviceaccount:[a-z0-9-]+\/[a-z0-9.-]+$/u.test(text);
}
