import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Action } from '../kubernetes.ts';

const Role = z.object({
  rules: z.array(
    z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});

export type Permits = (action: Action) => boolean;

/** One of the ready-made roles as the chart has it, decided as RBAC decides (no names of objects, no wildcards). */
export async function chartRole(name: string): Promise<Permits> {
  const file = new URL(`../../../manifests/charts/hub/templates/${name}-role.yaml`, import.meta.url);
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => !line.includes('{{'));
  const { rules } = Role.parse(parse(lines.join('\n')));
  return ({ verb, group, resource, subresource }) => {
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    return rules.some(
      ({ apiGroups, resources, verbs }) =>
        apiGroups.includes(group) && resources.includes(what) && verbs.includes(verb),
    );
  };
}
