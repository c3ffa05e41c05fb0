/** What a node template has beside its programs: packages of Debian, laid over the files of the machine that runs the test. */

/** Where the template's own files lie in a machine. */
export const TEMPLATE_HOME = '/opt/node';

/** cloud-init as Debian ships it, with the Python that it runs on, and what brings a network up. */
export const TEMPLATE_PACKAGES = [
  'cloud-init',
  'ifupdown',
  'libffi8',
  'libpython3-stdlib',
  'libpython3.11-minimal',
  'libpython3.11-stdlib',
  'libyaml-0-2',
  'python3',
  'python3-attr',
  'python3-blinker',
  'python3-certifi',
  'python3-cffi-backend',
  'python3-charset-normalizer',
  'python3-configobj',
  'python3-cryptography',
  'python3-idna',
  'python3-jinja2',
  'python3-json-pointer',
  'python3-jsonpatch',
  'python3-jsonschema',
  'python3-jwt',
  'python3-markupsafe',
  'python3-minimal',
  'python3-netifaces',
  'python3-oauthlib',
  'python3-pkg-resources',
  'python3-pyrsistent',
  'python3-requests',
  'python3-serial',
  'python3-six',
  'python3-typing-extensions',
  'python3-urllib3',
  'python3-yaml',
  'python3.11',
  'python3.11-minimal',
] as const;

/** Programs of the table in test/cluster/builds that a node runs. */
export const TEMPLATE_PROGRAMS = [
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'kubelet',
  'kubeadm',
  'pause',
] as const;

/** The image that holds pods' namespaces; a template brings it, as those of image-builder do. */
export const TEMPLATE_PAUSE = 'registry.skerry.example/pause:3.10.1';

/** The modules that Cluster API's user data and machines' metadata need; nothing that would fetch or format. */
export const CLOUD_CONFIG = {
  users: [],
  disable_root: false,
  preserve_hostname: false,
  cloud_init_modules: ['write-files', 'set_hostname', 'ca-certs', 'users-groups'],
  cloud_config_modules: ['runcmd'],
  cloud_final_modules: ['scripts-user', 'final-message'],
  system_info: {
    distro: 'debian',
    network: { renderers: ['eni'] },
    paths: { cloud_dir: '/var/lib/cloud', templates_dir: '/etc/cloud/templates' },
  },
  output: { all: '| tee -a /var/log/cloud-init-output.log' },
};

/** What a node of this kind of machine needs of a kubelet, whatever its user data says; a drop-in as distributions have it. */
export function kubeletDropIn(cgroup: string) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    // The disk is not the test's business, as long as something is left of it.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  };
}

/** containerd as a template has it; certs.d is what user data writes to. */
export function containerdConfig(runc: string): string {
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
sandbox = '${TEMPLATE_PAUSE}'

[${images}.registry]
config_path = '/etc/containerd/certs.d'

[${runtime}]
restrict_oom_score_adj = true

[${runtime}.cni]
bin_dirs = ['/usr/lib/cni']
conf_dir = '/etc/cni/net.d'

[${runtime}.containerd]
default_runtime_name = 'runc'

[${runtime}.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'

[${runtime}.containerd.runtimes.runc.options]
BinaryName = '${runc}'
SystemdCgroup = false
`;
}
