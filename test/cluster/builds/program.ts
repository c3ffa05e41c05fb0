/** What the test cluster and the demo run that is not TypeScript: where each program comes from. */
export interface Program {
  /** The upstream version, without a leading v. */
  readonly version: string;
  /** The folder below programs/ whose go.mod and go.sum pin the build. Programs of one folder are built together. */
  readonly module: string;
  /** The Go package of the program. */
  readonly package: string;
  readonly ldflags: string;
  /** Where upstream publishes it ready-made; absent where there is no release with a checksum. */
  readonly release?: (arch: Architecture) => Release;
}

export type Architecture = 'amd64' | 'arm64';

export interface Release {
  readonly url: string;
  /** A file that holds the SHA-256 of what `url` names, alone or in a list of `HEX  FILE` lines. */
  readonly checksum: string;
  /** The path of the program in the archive; absent when `url` is the program itself. */
  readonly member?: string;
}

const STRIP = '-s -w';

/** The version of Kubernetes that a cluster runs unless another is asked for. */
export const DEFAULT_KUBERNETES = '1.34';

/**
 * The versions of Kubernetes that a cluster can run, by their minors: for each the newest patch of which the Go module
 * proxy has every part. A module folder of its own pins each; the default's is the plain `kubernetes`.
 */
const kubernetesVersions = {
  '1.31': '1.31.0',
  '1.34': '1.34.4',
  '1.36': '1.36.3',
  '1.37': '1.37.2',
} as const;

export type KubernetesMinor = keyof typeof kubernetesVersions;
export const kubernetesMinors = Object.keys(kubernetesVersions).filter(isKubernetesMinor);

export function isKubernetesMinor(text: string): text is KubernetesMinor {
  return Object.hasOwn(kubernetesVersions, text);
}

function kubernetes(name: string, minor: KubernetesMinor = DEFAULT_KUBERNETES): Program {
  const version = kubernetesVersions[minor];
  return {
    version,
    module: minor === DEFAULT_KUBERNETES ? 'kubernetes' : `kubernetes-${minor}`,
    package: `k8s.io/kubernetes/cmd/${name}`,
    ldflags: kubernetesFlags(version),
    release: (arch) => {
      const url = `https://dl.k8s.io/release/v${version}/bin/linux/${arch}/${name}`;
      return { url, checksum: `${url}.sha256` };
    },
  };
}

/** Without these the API server says v0.0.0-master. */
function kubernetesFlags(version: string): string {
  const set = 'k8s.io/component-base/version';
  return [
    STRIP,
    `-X ${set}.gitVersion=v${version}`,
    `-X ${set}.gitMajor=1`,
    `-X ${set}.gitMinor=${version.split('.')[1]}`,
    `-X ${set}.gitTreeState=clean`,
  ].join(' ');
}

/** The default's program under the number of the next patch: what a cluster of the default is upgraded to. */
function nextPatch(name: string): Program {
  const [major, minor, patch] = kubernetesVersions[DEFAULT_KUBERNETES].split('.');
  const version = `${major}.${minor}.${Number(patch) + 1}`;
  return {
    version,
    module: 'kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    ldflags: kubernetesFlags(version),
  };
}

function containerd(name: string): Program {
  const version = '2.4.2';
  return {
    version,
    module: 'containerd',
    package: `github.com/containerd/containerd/v2/cmd/${name}`,
    ldflags: `${STRIP} -X github.com/containerd/containerd/v2/version.Version=v${version}`,
    release: (arch) => {
      const file = `containerd-static-${version}-linux-${arch}.tar.gz`;
      const url = `https://github.com/containerd/containerd/releases/download/v${version}/${file}`;
      return { url, checksum: `${url}.sha256sum`, member: `bin/${name}` };
    },
  };
}

/** Cluster API's controllers; upstream publishes them as images alone. */
function clusterApi(source: string): Program {
  const set = 'sigs.k8s.io/cluster-api/version';
  return {
    version: '1.14.2',
    module: 'cluster-api',
    package: `sigs.k8s.io/cluster-api/${source}`,
    ldflags: `${STRIP} -X ${set}.gitVersion=v1.14.2 -X ${set}.gitMajor=1 -X ${set}.gitMinor=14 -X ${set}.gitTreeState=clean`,
  };
}

/** The first version that installs providers from a registry, and today's, which has values that no state keeps. */
function tofu(version: string, module: string): Program {
  return {
    version,
    module,
    package: 'github.com/opentofu/opentofu/cmd/tofu',
    ldflags: `${STRIP} -X github.com/opentofu/opentofu/version.dev=no`,
    release: (arch) => {
      const base = `https://github.com/opentofu/opentofu/releases/download/v${version}`;
      const url = `${base}/tofu_${version}_linux_${arch}.tar.gz`;
      return { url, checksum: `${base}/tofu_${version}_SHA256SUMS`, member: 'tofu' };
    },
  };
}

export const programs = {
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kubelet: kubernetes('kubelet'),
  'kube-proxy': kubernetes('kube-proxy'),
  'kubelet-next': nextPatch('kubelet'),
  etcd: {
    version: '3.7.3',
    module: 'etcd',
    package: 'go.etcd.io/etcd/server/v3',
    ldflags: STRIP,
    release: (arch) => {
      const base = 'https://github.com/etcd-io/etcd/releases/download/v3.7.3';
      const name = `etcd-v3.7.3-linux-${arch}`;
      return { url: `${base}/${name}.tar.gz`, checksum: `${base}/SHA256SUMS`, member: `${name}/etcd` };
    },
  },
  containerd: containerd('containerd'),
  'containerd-shim-runc-v2': containerd('containerd-shim-runc-v2'),
  ctr: containerd('ctr'),
  coredns: {
    version: '1.15.0',
    module: 'coredns',
    package: '.',
    ldflags: STRIP,
    release: (arch) => {
      const file = `coredns_1.15.0_linux_${arch}.tgz`;
      const url = `https://github.com/coredns/coredns/releases/download/v1.15.0/${file}`;
      return { url, checksum: `${url}.sha256`, member: 'coredns' };
    },
  },
  pause: { version: '1', module: 'pause', package: '.', ldflags: STRIP },
  helm: {
    version: '4.3.1',
    module: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    ldflags: `${STRIP} -X helm.sh/helm/v4/internal/version.version=v4.3.1`,
    release: (arch) => {
      const url = `https://get.helm.sh/helm-v4.3.1-linux-${arch}.tar.gz`;
      return { url, checksum: `${url}.sha256sum`, member: `linux-${arch}/helm` };
    },
  },
  podinfo: {
    // The newest that the Go module proxy has; upstream calls this commit 6.9.2.
    version: '6.9.2',
    module: 'podinfo',
    package: 'github.com/stefanprodan/podinfo/cmd/podinfo',
    ldflags: STRIP,
    release: (arch) => {
      const base = 'https://github.com/stefanprodan/podinfo/releases/download/6.9.2';
      return {
        url: `${base}/podinfo_6.9.2_linux_${arch}.tar.gz`,
        checksum: `${base}/podinfo_6.9.2_checksums.txt`,
        member: 'podinfo',
      };
    },
  },
  crane: {
    version: '0.22.1',
    module: 'crane',
    package: 'github.com/google/go-containerregistry/cmd/crane',
    ldflags: `${STRIP} -X github.com/google/go-containerregistry/cmd/crane/cmd.Version=v0.22.1`,
    release: (arch) => {
      const base = 'https://github.com/google/go-containerregistry/releases/download/v0.22.1';
      const machine = arch === 'amd64' ? 'x86_64' : 'arm64';
      return {
        url: `${base}/go-containerregistry_Linux_${machine}.tar.gz`,
        checksum: `${base}/checksums.txt`,
        member: 'crane',
      };
    },
  },
  // Upstream signs its binaries but publishes no list of checksums, so this one is always built.
  regctl: {
    version: '0.11.7',
    module: 'regctl',
    package: 'github.com/regclient/regclient/cmd/regctl',
    ldflags: STRIP,
  },
  regsync: {
    version: '0.11.7',
    module: 'regsync',
    package: 'github.com/regclient/regclient/cmd/regsync',
    ldflags: STRIP,
  },
  oras: {
    version: '1.3.6',
    module: 'oras',
    package: 'oras.land/oras/cmd/oras',
    ldflags: STRIP,
    release: (arch) => {
      const base = 'https://github.com/oras-project/oras/releases/download/v1.3.6';
      return {
        url: `${base}/oras_1.3.6_linux_${arch}.tar.gz`,
        checksum: `${base}/oras_1.3.6_checksums.txt`,
        member: 'oras',
      };
    },
  },
  cosign: {
    version: '2.6.5',
    module: 'cosign',
    package: 'github.com/sigstore/cosign/v2/cmd/cosign',
    ldflags: STRIP,
    release: (arch) => {
      const base = 'https://github.com/sigstore/cosign/releases/download/v2.6.5';
      return { url: `${base}/cosign-linux-${arch}`, checksum: `${base}/cosign_checksums.txt` };
    },
  },
  // The specification's own suite has no releases: this is its state of 31 August 2026.
  conformance: {
    version: '0.0.0-20260831232431-97274622c111',
    module: 'conformance',
    package: 'github.com/opencontainers/distribution-spec/conformance',
    ldflags: STRIP,
  },
  registry: {
    version: '3.1.2',
    module: 'registry',
    package: 'github.com/distribution/distribution/v3/cmd/registry',
    ldflags: STRIP,
    release: (arch) => {
      const file = `registry_3.1.2_linux_${arch}.tar.gz`;
      const url = `https://github.com/distribution/distribution/releases/download/v3.1.2/${file}`;
      return { url, checksum: `${url}.sha256`, member: 'registry' };
    },
  },
  // A module of its own, so that the programs of a cluster are not built again for it.
  kubeadm: { ...kubernetes('kubeadm'), module: 'kubeadm' },
  'cluster-api-core': clusterApi('core'),
  'cluster-api-bootstrap': clusterApi('bootstrap/kubeadm'),
  'cluster-api-control-plane': clusterApi('controlplane/kubeadm'),
  'cluster-api-aws': {
    version: '2.13.0',
    module: 'cluster-api-aws',
    package: 'sigs.k8s.io/cluster-api-provider-aws/v2',
    ldflags: STRIP,
  },
  tofu: tofu('1.10.6', 'tofu'),
  'tofu-1.12': tofu('1.12.6', 'tofu-1.12'),
  // A provider in Go of one resource, which the benchmark of the provider runs beside it.
  'provider-twin': { version: '1.0.0', module: 'provider-twin', package: '.', ldflags: STRIP },
  vcsim: { version: '0.54.0', module: 'vcsim', package: '.', ldflags: STRIP },
} satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/** What is a part of Kubernetes itself, and so comes in several versions. */
const kubernetesPrograms = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
] as const satisfies readonly ProgramName[];

/** The table of programs with Kubernetes in the version that is asked for. */
export function programTable(minor: KubernetesMinor = DEFAULT_KUBERNETES): Record<ProgramName, Program> {
  const others = kubernetesPrograms.map((name) => [name, kubernetes(name, minor)] as const);
  return { ...programs, ...Object.fromEntries(others) };
}

/** What a cluster is made of. */
export const clusterPrograms = [
  ...kubernetesPrograms,
  'etcd',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'coredns',
  'pause',
] as const satisfies readonly ProgramName[];

export type ClusterProgram = (typeof clusterPrograms)[number];

export function isProgramName(text: string): text is ProgramName {
  return Object.hasOwn(programs, text);
}
