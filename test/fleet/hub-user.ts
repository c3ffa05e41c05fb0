import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cluster, Workstation } from '../cluster/cluster.ts';
import { type Failure, failing, type RunOptions, skerry } from '../install/installer-run.ts';
import type { StickFixture } from '../install/stick.ts';

export const SYSTEM = 'skerry-system';
const Token = z.looseObject({ status: z.looseObject({ token: z.string() }) });
const Secret = z.looseObject({ data: z.record(z.string(), z.string()) });
const Service = z.looseObject({
  spec: z.looseObject({ ports: z.array(z.looseObject({ nodePort: z.int().optional() })) }),
});

/** Somebody who has logged in to the hub on its workstation, and runs the stick's program there. */
export interface HubUser {
  readonly name: string;
  /** Runs a command that must end well, at another workstation if one is given; gives what it printed. */
  run(args: readonly string[], input?: string, at?: Workstation): Promise<string>;
  /** Runs a command that must be refused. */
  refused(args: readonly string[], input?: string): Promise<Failure>;
}

interface Place {
  readonly hub: Cluster;
  readonly stick: StickFixture;
  readonly folder: string;
}

/** Makes a user with one of the platform's roles in a project, or with none, and logs in. */
export async function logIn(
  { hub, stick, folder }: Place,
  name: string,
  { project, role }: { readonly project: string; readonly role?: string | undefined },
): Promise<HubUser> {
  const account = { kind: 'ServiceAccount', name, namespace: SYSTEM };
  await hub.api.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: SYSTEM } });
  if (role !== undefined) {
    await hub.api.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: `${name}-${role}`, namespace: project },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [account],
    });
  }
  const home = join(folder, `home-${name}`);
  await mkdir(home, { recursive: true });
  const [token, ca] = [join(home, 'token'), join(home, 'ca.crt')];
  await writeFile(token, await tokenOf(hub, name), { mode: 0o600 });
  await writeFile(ca, await authorityOf(hub));
  const options: RunOptions = { env: { XDG_CONFIG_HOME: home, HOME: home } };
  const url = await hubUrl(hub);
  await skerry(hub, stick, ['login', url, '--token-file', token, '--ca', ca, '--project', project], options);
  return {
    name,
    run: async (args, input, at) => await skerry(hub, stick, args, { ...options, input, workstation: at }),
    refused: async (args, input) => await failing(hub, stick, args, { ...options, input }),
  };
}

/** Where the hub's API is for the workstation. */
export async function hubUrl(hub: Cluster): Promise<string> {
  const path = `/api/v1/namespaces/${SYSTEM}/services/skerry-hub`;
  const port = Service.parse(await hub.api.get(path)).spec.ports[0]?.nodePort;
  return `https://${hub.nodeAddress}:${port}`;
}

/** A token of a ServiceAccount of the platform. */
export async function tokenOf(hub: Cluster, account: string): Promise<string> {
  const path = `/api/v1/namespaces/${SYSTEM}/serviceaccounts/${account}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  return Token.parse((await hub.api.request(path, { method: 'POST', body })).body).status.token;
}

/** What the hub's certificate is known by. */
export async function authorityOf(hub: Cluster): Promise<string> {
  const { data } = Secret.parse(await hub.api.get(`/api/v1/namespaces/${SYSTEM}/secrets/skerry-hub-tls`));
  return Buffer.from(data['ca.crt'] ?? '', 'base64').toString();
}
