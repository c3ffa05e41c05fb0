import { stringify } from 'yaml';

export interface UserKubeconfig {
  /** Of the cluster, context and file. */
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string | undefined;
  /** The hub whose login kubectl uses. */
  readonly hub: string;
}

const USER = 'skerry';

/**
 * A kubeconfig in which kubectl asks `skerry` for the user's own token (client-go credential plugins, as
 * `skerry login --kubectl` writes): nothing in it is secret, and what it lets the user do is for the cluster to say.
 */
export function userKubeconfig({ name, server, ca, hub }: UserKubeconfig): string {
  const trust = ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'skerry',
    args: ['kubectl-credential', '--hub', hub],
    interactiveMode: 'Never',
    installHint: `Put the skerry program into the PATH, and run "skerry login ${hub}".`,
  };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, ...trust } }],
    contexts: [{ name, context: { cluster: name, user: USER } }],
    users: [{ name: USER, user: { exec } }],
  });
}
