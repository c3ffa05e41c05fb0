import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AgentIn } from '../../fleet/agent-in.ts';
import { Managed } from '../../fleet/managed.ts';
import { listMachines } from '../../machines/machine.ts';
import { type HubSite, PROJECT_NAME } from './hub-site.ts';

const Pods = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});

/** Says how it stands with these managed clusters, what the gateway's controllers said, and what machines wrote. */
export async function tellSite(
  site: HubSite,
  clusters: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  for (const name of clusters) {
    const read = await new Managed(site.hub, PROJECT_NAME, name).read();
    say(`${name}: ${JSON.stringify(read?.status)?.slice(0, 5000)}`);
  }
  say(`agent: ${(await new AgentIn(site.gateway).log()).slice(-3000)}`);
  say(`infra: ${(await podLog(site, 'skerry-infra')).slice(-4000)}`);
  for (const { name, console: file } of await listMachines(site.machines))
    say(`${name}: ${(await readFile(file, 'utf8').catch(String)).slice(-2000)}`);
}

async function podLog({ gateway }: HubSite, namespace: string): Promise<string> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const { items } = Pods.parse(await gateway.api.get(pods));
  const texts = items.map(async ({ metadata }) => await gateway.api.get(`${pods}/${metadata.name}/log`));
  return (await Promise.all(texts)).join('\n');
}
