import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, createSigningKey, issue, type KeyPair } from './certificate.ts';
import { CLUSTER_DOMAIN } from './configuration.ts';
import { kubeconfig } from './kubeconfig.ts';
import type { AddressPlan } from './network/address.ts';

/** Writes every certificate to pki/ and every kubeconfig to kubeconfig/ below `folder`. */
export async function writeIdentities(
  folder: string,
  name: string,
  plan: AddressPlan,
  now: Date,
): Promise<void> {
  const authority = await createAuthority('kubernetes', now);
  const frontProxy = await createAuthority('front-proxy', now);
  const admin = await issue(authority, { user: 'kubernetes-admin', groups: ['system:masters'] }, now);
  await mkdir(join(folder, 'pki'), { recursive: true });
  await mkdir(join(folder, 'kubeconfig'), { recursive: true });
  const files: Record<string, string> = {
    'sa.key': await createSigningKey(),
    ...pair('ca', authority),
    ...pair('admin', admin),
    ...pair('front-proxy-ca', frontProxy),
    ...pair('front-proxy-client', await issue(frontProxy, { user: 'front-proxy-client' }, now)),
    ...pair('apiserver', await issue(authority, { user: 'kube-apiserver', hosts: apiHosts(plan) }, now)),
    ...pair('apiserver-kubelet', await issue(authority, KUBELET_CLIENT, now)),
    ...pair('provisioner', await issue(authority, { user: 'provisioner', groups: ['system:masters'] }, now)),
    ...pair(
      'kubelet',
      await issue(authority, { user: `system:node:${name}`, hosts: [plan.node, name] }, now),
    ),
  };
  for (const [file, text] of Object.entries(files)) await writeSecret(join(folder, 'pki', file), text);
  for (const [file, { user, groups }] of Object.entries(components(name))) {
    const credentials = await issue(authority, { user, groups }, now);
    const server = 'https://127.0.0.1:6443';
    const text = kubeconfig({ cluster: name, server, authority: authority.certificate, user, credentials });
    await writeSecret(join(folder, 'kubeconfig', `${file}.yaml`), text);
  }
  const workstation = { server: `https://${plan.node}:6443`, user: 'kubernetes-admin', credentials: admin };
  const text = kubeconfig({ cluster: name, authority: authority.certificate, ...workstation });
  await writeSecret(join(folder, 'kubeconfig/admin.yaml'), text);
}

const KUBELET_CLIENT = { user: 'kube-apiserver-kubelet-client', groups: ['system:masters'] };

function apiHosts(plan: AddressPlan): string[] {
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  return [
    ...service,
    `kubernetes.default.svc.${CLUSTER_DOMAIN}`,
    'localhost',
    '127.0.0.1',
    plan.node,
    plan.api,
  ];
}

function components(name: string): Record<string, { user: string; groups: string[] }> {
  return {
    'kube-controller-manager': { user: 'system:kube-controller-manager', groups: [] },
    'kube-scheduler': { user: 'system:kube-scheduler', groups: [] },
    'kube-proxy': { user: 'system:kube-proxy', groups: ['system:node-proxier'] },
    kubelet: { user: `system:node:${name}`, groups: ['system:nodes'] },
    // A process beside the cluster, in no pod: it has no service account.
    coredns: { user: 'coredns', groups: ['system:masters'] },
  };
}

function pair(name: string, { certificate, key }: KeyPair): Record<string, string> {
  return { [`${name}.crt`]: certificate, [`${name}.key`]: key };
}

export async function writeSecret(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
}
