import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ClusterRevision } from '../../platform/api/revision.ts';
import type { Cluster } from '../cluster/cluster.ts';

const Definitions = z.looseObject({
  items: z.array(
    z.looseObject({
      spec: z.looseObject({
        group: z.string(),
        names: z.looseObject({ plural: z.string() }),
        versions: z.array(z.looseObject({ name: z.string(), storage: z.boolean() })),
      }),
    }),
  ),
});
const Pods = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
      status: z.looseObject({ phase: z.string().optional() }).optional(),
    }),
  ),
});
const Revisions = z.looseObject({
  items: z.array(z.looseObject({ spec: z.looseObject({ envelope: z.string() }) })),
});
const Signed = z.looseObject({ payload: z.string() });

/** Where everybody with some right may look, and where so no secret may stand; by place, what is there. */
export async function openPlaces(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const name = (what: string) => `${cluster.name}: ${what}`;
  const { items } = Definitions.parse(
    await cluster.api.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions'),
  );
  const lists = items.map(({ spec: { group, names, versions } }) => {
    const version = versions.find(({ storage }) => storage)?.name;
    return `/apis/${group}/${version}/${names.plural}`;
  });
  for (const path of [
    ...lists,
    '/api/v1/configmaps',
    '/api/v1/events',
    '/api/v1/pods',
    '/apis/apps/v1/deployments',
  ])
    found.set(name(path), JSON.stringify(await cluster.api.get(path)));
  for (const { metadata, status } of Pods.parse(await cluster.api.get('/api/v1/pods')).items) {
    if (status?.phase !== 'Running') continue;
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/log`;
    const { body } = await cluster.api.request(path);
    found.set(name(path), typeof body === 'string' ? body : JSON.stringify(body));
  }
  return found;
}

/** What was sent to agents, as they read it: signed, and open but for what is sealed. */
export async function envelopes(hub: Cluster): Promise<readonly string[]> {
  const { group, version, plural } = ClusterRevision;
  const { items } = Revisions.parse(await hub.api.get(`/apis/${group}/${version}/${plural}`));
  return items.map(({ spec }) =>
    Buffer.from(Signed.parse(JSON.parse(spec.envelope)).payload, 'base64').toString(),
  );
}

/** The command lines of all processes of this machine, as anybody on it sees them. */
export async function commandLines(): Promise<string> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = processes.map(async (id) => await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(lines)).join('\n');
}

/** Which of these places have one of the secrets, as it is or in base64. */
export function leaksIn(places: ReadonlyMap<string, string>, secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString('base64')]);
  return [...places].filter(([, text]) => forms.some((form) => text.includes(form))).map(([name]) => name);
}
