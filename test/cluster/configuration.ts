import { stringify } from 'yaml';
import type { AddressPlan } from './network/address.ts';
import { NODE_BIN, NODE_HOME } from './node.ts';
import type { ProxyMode } from './proxy-mode.ts';

/** The name of the image that is on every node from the start; real nodes bring their pause image, too. */
export const PAUSE_IMAGE = 'skerry.test/pause:1';
export const CLUSTER_DOMAIN = 'cluster.local';

export interface Configuration {
  readonly plan: AddressPlan;
  readonly cgroup: string;
  readonly runc: string;
  readonly proxyMode: ProxyMode;
}

/** The configuration files of a node, by their path below config/. */
export function configurationFiles(input: Configuration): Record<string, string> {
  return {
    'containerd.toml': containerd(input),
    'cni/10-island.conflist': JSON.stringify(network(input.plan), null, 2),
    'kubelet.yaml': stringify(kubelet(input)),
    'kube-proxy.yaml': stringify(kubeProxy(input)),
    Corefile: corefile(input.plan),
    'resolv.conf': RESOLVER,
  };
}

/**
 * A resolver that nobody can reach (RFC 5737). The node and its workstations know each other by address,
 * so whoever asks for a name wants to leave, and shows in the counters.
 */
const RESOLVER = 'nameserver 192.0.2.53\noptions timeout:1 attempts:1\n';

function containerd({ runc }: Configuration): string {
  const images = `plugins.'io.containerd.cri.v1.images'`;
  const runtime = `plugins.'io.containerd.cri.v1.runtime'`;
  return `version = 3
root = '/var/lib/containerd'
state = '/run/containerd'

[grpc]
address = '/run/containerd/containerd.sock'

[plugins.'io.containerd.internal.v1.opt']
path = '/var/lib/containerd/opt'

[${images}]
snapshotter = 'overlayfs'

[${images}.pinned_images]
sandbox = '${PAUSE_IMAGE}'

[${images}.registry]
config_path = '${NODE_HOME}/config/certs.d'

[${runtime}]
# Root may lack CAP_SYS_RESOURCE, and then a negative oom score would end every sandbox.
restrict_oom_score_adj = true

[${runtime}.cni]
bin_dirs = ['/usr/lib/cni', '/opt/cni/bin']
conf_dir = '${NODE_HOME}/config/cni'

[${runtime}.containerd]
default_runtime_name = 'runc'

[${runtime}.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'

[${runtime}.containerd.runtimes.runc.options]
BinaryName = '${runc}'
SystemdCgroup = false
`;
}

function network({ pods }: AddressPlan) {
  return {
    cniVersion: '1.0.0',
    name: 'island',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: '/var/lib/cni/networks',
          ranges: [[{ subnet: pods }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubelet({ plan, cgroup }: Configuration) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: plan.node,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${NODE_HOME}/pki/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${NODE_HOME}/pki/kubelet.crt`,
    tlsPrivateKeyFile: `${NODE_HOME}/pki/kubelet.key`,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    clusterDNS: [plan.dns],
    clusterDomain: CLUSTER_DOMAIN,
    // Pods that ask for the node's resolver get none.
    resolvConf: '',
    volumePluginDir: '/var/lib/kubelet/volumeplugins',
    // The machine's disk is not the test's business, as long as something is left of it.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    maxPods: 110,
    shutdownGracePeriod: '0s',
    logging: { format: 'text' },
  };
}

function kubeProxy({ plan: { pods }, proxyMode }: Configuration) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: proxyMode,
    clusterCIDR: pods,
    clientConnection: { kubeconfig: `${NODE_HOME}/kubeconfig/kube-proxy.yaml` },
    oomScoreAdj: 0,
    metricsBindAddress: '127.0.0.1:10249',
    iptables: { localhostNodePorts: true },
    // conntrack's limits belong to the machine, not to a network namespace.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

/** Names outside of the cluster don't exist, and are logged: whoever asks for one wanted to leave. */
function corefile({ node }: AddressPlan): string {
  return `${CLUSTER_DOMAIN}:53 in-addr.arpa:53 ip6.arpa:53 {
    bind ${node}
    errors
    ready 127.0.0.1:8181
    kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {
        kubeconfig ${NODE_HOME}/kubeconfig/coredns.yaml
        pods insecure
        ttl 5
    }
    loadbalance
}
.:53 {
    bind ${node}
    log . "outside {name} {type} {remote}"
    errors
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`;
}

/** The command lines of the programs that run on the node. */
export function commandLines(name: string, plan: AddressPlan, apiServer: readonly string[] = []) {
  const pki = `${NODE_HOME}/pki`;
  const credentials = (program: string) => `${NODE_HOME}/kubeconfig/${program}.yaml`;
  return {
    etcd: [
      '--data-dir=/var/lib/etcd',
      // Fine for a cluster that is thrown away; never for one that is kept.
      '--unsafe-no-fsync',
      '--listen-client-urls=http://127.0.0.1:2379',
      '--advertise-client-urls=http://127.0.0.1:2379',
      '--listen-peer-urls=http://127.0.0.1:2380',
      '--initial-advertise-peer-urls=http://127.0.0.1:2380',
      '--initial-cluster=default=http://127.0.0.1:2380',
      '--log-level=warn',
    ],
    'kube-apiserver': [
      '--etcd-servers=http://127.0.0.1:2379',
      `--advertise-address=${plan.node}`,
      '--bind-address=0.0.0.0',
      '--secure-port=6443',
      `--service-cluster-ip-range=${plan.services}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      `--client-ca-file=${pki}/ca.crt`,
      `--tls-cert-file=${pki}/apiserver.crt`,
      `--tls-private-key-file=${pki}/apiserver.key`,
      `--kubelet-certificate-authority=${pki}/ca.crt`,
      `--kubelet-client-certificate=${pki}/apiserver-kubelet.crt`,
      `--kubelet-client-key=${pki}/apiserver-kubelet.key`,
      '--kubelet-preferred-address-types=InternalIP',
      `--service-account-issuer=https://kubernetes.default.svc.${CLUSTER_DOMAIN}`,
      `--service-account-key-file=${pki}/sa.key`,
      `--service-account-signing-key-file=${pki}/sa.key`,
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
      `--proxy-client-key-file=${pki}/front-proxy-client.key`,
      ...apiServer,
    ],
    'kube-controller-manager': [
      `--kubeconfig=${credentials('kube-controller-manager')}`,
      '--bind-address=127.0.0.1',
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      `--cluster-cidr=${plan.pods}`,
      `--root-ca-file=${pki}/ca.crt`,
      `--cluster-signing-cert-file=${pki}/ca.crt`,
      `--cluster-signing-key-file=${pki}/ca.key`,
      `--service-account-private-key-file=${pki}/sa.key`,
      '--node-monitor-period=1s',
    ],
    'kube-scheduler': [
      `--kubeconfig=${credentials('kube-scheduler')}`,
      '--bind-address=127.0.0.1',
      '--leader-elect=false',
    ],
    kubelet: [
      `--config=${NODE_HOME}/config/kubelet.yaml`,
      `--kubeconfig=${credentials('kubelet')}`,
      `--hostname-override=${name}`,
      `--node-ip=${plan.node}`,
    ],
    'kube-proxy': [`--config=${NODE_HOME}/config/kube-proxy.yaml`, `--hostname-override=${name}`],
    containerd: ['--config', `${NODE_HOME}/config/containerd.toml`],
    coredns: ['-conf', `${NODE_HOME}/config/Corefile`],
  } satisfies Record<string, string[]>;
}

export type DaemonName = keyof ReturnType<typeof commandLines>;

/** Where the node finds a program. */
export function nodeProgram(name: string): string {
  return `${NODE_BIN}/${name}`;
}
