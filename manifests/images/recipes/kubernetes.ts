import { type ProgramName, programs } from '../../../test/cluster/builds/program.ts';
import type { Recipe } from '../recipe.ts';
import { baseLayer, libcLayer, systemTrust } from './base.ts';
import { corednsRecipe } from './coredns.ts';
import { etcdRecipe } from './etcd.ts';
import { pauseRecipe } from './pause.ts';

/**
 * The images of nodes, by the names and tags that kubeadm gives them: `v` and the version of Kubernetes, etcd's and
 * CoreDNS's as the pack machine-cluster says them, pause's as kubeadm of this minor has it built in.
 */
export const kubernetesRecipes: readonly Recipe[] = [
  component('kube-apiserver', 'Kubernetes API server', 'The API of a cluster.'),
  component('kube-controller-manager', 'Kubernetes controller manager', 'The control loops of a cluster.'),
  component('kube-scheduler', 'Kubernetes scheduler', 'Gives pods of a cluster their nodes.'),
  {
    ...component('kube-proxy', 'Kubernetes proxy', 'Carries Services on each node.'),
    layers: [
      baseLayer,
      libcLayer,
      {
        name: 'iptables',
        packages: {
          iptables: ['usr/sbin/xtables-*-multi', 'usr/lib/*/xtables/*.so'],
          conntrack: ['usr/sbin/conntrack'],
          kmod: ['usr/bin/kmod'],
          nftables: ['usr/sbin/nft'],
        },
        symlinks: {
          ...Object.fromEntries(['iptables', 'ip6tables'].flatMap((name) => family(name))),
          'usr/sbin/modprobe': '../bin/kmod',
        },
      },
      programLayer('kube-proxy'),
    ],
    // It sets up the node's network.
    user: 'root',
  },
  // As kubeadm runs it: with files that belong to root.
  { ...etcdRecipe, tag: `${etcdRecipe.tag}-0`, user: 'root' },
  { ...pauseRecipe, tag: '3.10.1' },
  corednsRecipe,
];

/** The commands of one family, as Debian's alternatives would set them: through nftables. */
function family(name: string): [string, string][] {
  return [name, `${name}-save`, `${name}-restore`].map((command) => [
    `usr/sbin/${command}`,
    'xtables-nft-multi',
  ]);
}

function component(name: ProgramName, title: string, description: string): Recipe {
  const { version } = programs[name];
  return {
    name,
    tag: `v${version}`,
    title,
    description,
    licenses: 'Apache-2.0',
    version,
    layers: [baseLayer, programLayer(name)],
    // kubeadm's static pods say as whom they run, and their files belong to root.
    user: 'root',
    entrypoint: [`/usr/local/bin/${name}`],
    env: systemTrust,
    probe: { command: [`/usr/local/bin/${name}`, '--version'], ends: 'by-itself' },
  };
}

function programLayer(name: string) {
  return { name, files: { [`usr/local/bin/${name}`]: { input: name, mode: 0o755 } } };
}
