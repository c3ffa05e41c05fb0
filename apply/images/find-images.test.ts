import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stringify as toYaml } from 'yaml';
import { formatReference, parseReference } from '../../content/reference.ts';
import { parseManifests } from '../manifest.ts';
import { findImages, findSureImages } from './find-images.ts';

const DIGEST = `sha256:${'c'.repeat(64)}`;

// Quoted, because the reader of YAML takes some words (`e0`) for numbers.
function stringify(value: object): string {
  return toYaml(value, { defaultStringType: 'QUOTE_DOUBLE' });
}

function found(manifests: string): string[] {
  const findings = findImages(parseManifests(manifests, 'test'));
  return findings.filter(({ certainty }) => certainty !== 'possible').map(({ reference }) => reference);
}

/** A Deployment of one container with these fields. */
function deployment(container: object, image = 'example.test/op:v1'): string {
  return stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'op' },
    spec: { template: { spec: { containers: [{ name: 'op', image, ...container }] } } },
  });
}

function env(variables: Readonly<Record<string, string>>): object {
  return { env: Object.entries(variables).map(([name, value]) => ({ name, value })) };
}

function configMap(data: Readonly<Record<string, string>>): string {
  return stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data });
}

function custom(spec: object): string {
  return stringify({ apiVersion: 'ops.example/v1', kind: 'Thing', metadata: { name: 't' }, spec });
}

/** The ways in which operators are told of the images that they start; each must be found, and nothing else. */
const WAYS: readonly [what: string, manifests: string, images: readonly string[]][] = [
  [
    'a storage manager: images as pairs of arguments',
    deployment({
      command: [
        ...['manager', '-d', 'daemon', '--engine-image', 'store/engine:v1.7.2'],
        ...['--instance-manager-image', 'store/instance-manager:v1.7.2', '--service-account', 'store-sa'],
        ...[
          '--backing-image-manager-image',
          'store/backing:v1.7.2',
          '--manager-image',
          'store/manager:v1.7.2',
        ],
      ],
      env: [
        { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
        { name: 'CSI_ATTACHER_IMAGE', value: 'store/csi-attacher:v4.6.1-20240709' },
        { name: 'KUBELET_ROOT_DIR', value: '/var/lib/kubelet' },
      ],
    }),
    [
      ...['store/engine:v1.7.2', 'store/instance-manager:v1.7.2', 'store/backing:v1.7.2'],
      ...['store/manager:v1.7.2', 'store/csi-attacher:v4.6.1-20240709'],
    ],
  ],
  [
    'a device operator: repository, image and version of each part',
    custom({
      operator: {
        defaultRuntime: 'containerd',
        initContainer: { repository: 'reg.test/cuda', image: 'base', version: '12.6-ubi9' },
      },
      driver: {
        enabled: true,
        repository: 'reg.test/dev',
        image: 'driver',
        version: '550.90.07',
        imagePullPolicy: 'IfNotPresent',
        manager: {
          repository: 'reg.test/dev/cloud',
          image: 'driver-manager',
          version: 'v0.6.10',
          env: [{ name: 'ENABLE_GPU_POD_EVICTION', value: 'true' }],
        },
      },
      toolkit: {
        repository: 'reg.test/dev/k8s',
        image: 'toolkit',
        version: DIGEST,
        installDir: '/usr/local/dev',
      },
      mig: { strategy: 'single' },
    }),
    [
      'reg.test/cuda/base:12.6-ubi9',
      'reg.test/dev/driver:550.90.07',
      'reg.test/dev/cloud/driver-manager:v0.6.10',
      `reg.test/dev/k8s/toolkit@${DIGEST}`,
    ],
  ],
  [
    'a mesh: one hub and one tag for names in a ConfigMap, beside templates',
    configMap({
      values: JSON.stringify({
        global: {
          hub: 'docker.io/mesh',
          tag: '1.24.0',
          imagePullPolicy: '',
          proxy: { image: 'proxyv2', logLevel: 'warning', resources: { limits: { cpu: '2000m' } } },
          proxy_init: { image: 'proxyv2' },
        },
        pilot: { image: 'pilot' },
      }),
      config: [
        'policy: enabled',
        'templates:',
        '  sidecar: |',
        '    spec:',
        '      containers:',
        '      - name: proxy',
        '      {{- if contains "/" .Values.global.proxy.image }}',
        '        image: "{{ annotation .ObjectMeta `sidecar.mesh.test/proxyImage` .Values.global.proxy.image }}"',
        '      {{- else }}',
        '        image: "{{ .ProxyImage }}"',
        '      {{- end }}',
      ].join('\n'),
    }),
    ['docker.io/mesh/proxyv2:1.24.0', 'docker.io/mesh/pilot:1.24.0'],
  ],
  [
    'a backup tool: plugins as init containers, a restore helper in a ConfigMap',
    [
      stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'backup' },
        spec: {
          template: {
            spec: {
              initContainers: [
                {
                  name: 'plugin',
                  image: 'backup/plugin-for-s3:v1.11.0',
                  volumeMounts: [{ mountPath: '/target' }],
                },
              ],
              containers: [
                {
                  name: 'backup',
                  image: 'backup/backup:v1.15.0',
                  args: [
                    'server',
                    '--features=EnableCSI',
                    '--uploader-type=kopia',
                    '--default-volumes-to-fs-backup=false',
                  ],
                },
              ],
            },
          },
        },
      }),
      stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'fs-restore' },
        data: { image: 'backup/restore-helper:v1.15.0' },
      }),
    ].join('---\n'),
    ['backup/plugin-for-s3:v1.11.0', 'backup/backup:v1.15.0', 'backup/restore-helper:v1.15.0'],
  ],
  [
    'a monitoring operator: a flag with its image',
    deployment({
      args: [
        ...[
          '--kubelet-service=kube-system/mon-kubelet',
          '--localhost=127.0.0.1',
          '--thanos-default-base-image=quay.io/thanos/thanos:v0.36.1',
        ],
        ...[
          '--prometheus-config-reloader=quay.io/mon/config-reloader:v0.77.1',
          '--config-reloader-cpu-request=0',
        ],
        ...[
          '--secret-field-selector=type!=kubernetes.io/dockercfg,type!=helm.sh/release.v1',
          '--web.tls-min-version=VersionTLS13',
        ],
      ],
    }),
    ['quay.io/thanos/thanos:v0.36.1', 'quay.io/mon/config-reloader:v0.77.1'],
  ],
  [
    'a certificate manager: a solver’s image',
    deployment({
      args: [
        ...[
          '--v=2',
          '--cluster-resource-namespace=$(POD_NAMESPACE)',
          '--leader-election-namespace=kube-system',
        ],
        ...['--acme-http01-solver-image=quay.io/jet/acmesolver:v1.16.1', '--max-concurrent-challenges=60'],
      ],
      env: [{ name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
    }),
    ['quay.io/jet/acmesolver:v1.16.1'],
  ],
  [
    'a Ceph operator: a ConfigMap of settings',
    configMap({
      ROOK_LOG_LEVEL: 'INFO',
      ROOK_CSI_ENABLE_RBD: 'true',
      ROOK_CSI_CEPH_IMAGE: 'quay.io/ceph/csi:v3.12.2',
      ROOK_CSI_REGISTRAR_IMAGE: 'registry.k8s.io/sig-storage/registrar:v2.11.1',
      ROOK_CSI_IMAGE_PULL_POLICY: 'IfNotPresent',
      CSI_PROVISIONER_TOLERATIONS:
        '- key: node-role.kubernetes.io/control-plane\n  operator: Exists\n  effect: NoSchedule\n',
      CSI_RBD_PROVISIONER_RESOURCE:
        '- name : csi-provisioner\n  resource:\n    requests:\n      memory: 128Mi\n',
    }),
    ['quay.io/ceph/csi:v3.12.2', 'registry.k8s.io/sig-storage/registrar:v2.11.1'],
  ],
  [
    'a database operator: its own image and the default one in variables',
    deployment(
      env({
        OPERATOR_IMAGE_NAME: 'ghcr.io/pg/operator:1.24.1',
        POSTGRES_IMAGE_NAME: 'ghcr.io/pg/postgresql:17.0',
        OPERATOR_NAMESPACE: 'pg-system',
        MONITORING_QUERIES_CONFIGMAP: 'pg-default-monitoring',
        INHERITED_LABELS: 'app.kubernetes.io/*',
        WEBHOOK_CERT_DIR: '/run/secrets/x.pg.test/webhook',
      }),
    ),
    ['ghcr.io/pg/operator:1.24.1', 'ghcr.io/pg/postgresql:17.0'],
  ],
  [
    'a pipeline controller: single-dash flags with images by digest',
    deployment({
      args: [
        ...[
          '-entrypoint-image',
          `ghcr.io/tk/entrypoint:v0.65@${DIGEST}`,
          '-nop-image',
          `ghcr.io/tk/nop:v0.65@${DIGEST}`,
        ],
        ...['-shell-image', `cgr.dev/chainguard/busybox@${DIGEST}`],
      ],
    }),
    [
      `ghcr.io/tk/entrypoint:v0.65@${DIGEST}`,
      `ghcr.io/tk/nop:v0.65@${DIGEST}`,
      `cgr.dev/chainguard/busybox@${DIGEST}`,
    ],
  ],
  [
    'a message broker’s operator: lines of version=image',
    deployment(
      env({
        KAFKA_IMAGES:
          '3.8.0=quay.io/mq/kafka:0.44.0-kafka-3.8.0\n3.9.0=quay.io/mq/kafka:0.44.0-kafka-3.9.0\n',
        BRIDGE_IMAGES: '1=mq/bridge:0.30.0\n2=mq/bridge:0.31.0\n',
        FULL_RECONCILIATION_INTERVAL_MS: '120000',
        FEATURE_GATES: '+UseKRaft,-ContinueReconciliationOnManualRollingUpdateFailure',
      }),
    ),
    [
      ...['quay.io/mq/kafka:0.44.0-kafka-3.8.0', 'quay.io/mq/kafka:0.44.0-kafka-3.9.0'],
      ...['mq/bridge:0.30.0', 'mq/bridge:0.31.0'],
    ],
  ],
  [
    'variables in parts',
    deployment(
      env({
        ...{ AGENT_REPOSITORY: 'acme/agent', AGENT_TAG: '2', PROXY_IMAGE_REGISTRY: 'reg.test' },
        ...{ PROXY_IMAGE_REPOSITORY: 'acme/proxy', PROXY_IMAGE_TAG: 'v3', PROXY_IMAGE_PULLPOLICY: 'Always' },
        ...{ SOLO_IMAGE: 'acme/solo', SOLO_VERSION: '1.2.3', APP_NAME: 'x', APP_VERSION: '1.0.0' },
      }),
    ),
    ['acme/agent:2', 'reg.test/acme/proxy:v3', 'acme/solo:1.2.3'],
  ],
  [
    'a chart’s values in a ConfigMap, with a registry for all',
    configMap({
      'values.yaml': stringify({
        global: { imageRegistry: 'reg.test' },
        web: { image: { repository: 'team/web', tag: 1.5, pullPolicy: 'Always' } },
      }),
    }),
    ['team/web:1.5', 'reg.test/team/web:1.5'],
  ],
  [
    'a mesh of today: hub and tag under global, images beside that and below',
    configMap({
      values: JSON.stringify({
        image: 'pilot',
        global: { hub: 'reg.test/mesh', tag: '1.29.0', proxy: { image: 'proxyv2', logLevel: 'info' } },
        cni: { enabled: true, global: { debug: true }, agent: { image: 'cni-agent' } },
      }),
    }),
    ['reg.test/mesh/pilot:1.29.0', 'reg.test/mesh/proxyv2:1.29.0', 'reg.test/mesh/cni-agent:1.29.0'],
  ],
  [
    'a template of a pod that is no YAML',
    configMap({
      'pod.tpl':
        'spec:\n  {{- range .Items }}\n  containers:\n  - name: a\n    image: acme/side:1.2\n  initContainers:\n  - image: "init:3.1"\n  {{- end }}\n  sidecar:\n    repository: quay.io/acme/split\n    tag: v9\n',
    }),
    ['acme/side:1.2', 'init:3.1', 'quay.io/acme/split:v9'],
  ],
  [
    'a script that starts something',
    deployment({
      command: [
        'sh',
        '-c',
        'kubectl run x --image=acme/tool:1.2 && kubectl set image deploy/a a=quay.io/acme/a:2 --record',
      ],
    }),
    ['acme/tool:1.2', 'quay.io/acme/a:2'],
  ],
  [
    'flags in parts',
    deployment({
      args: [
        '--agent-repository=acme/agent',
        '--agent-tag=1.0',
        '--side-image',
        'acme/side',
        '--side-tag',
        'v2',
      ],
    }),
    ['acme/agent:1.0', 'acme/side:v2'],
  ],
  [
    'a registry beside whole images and lists of them',
    custom({
      a: { registry: 'quay.io', image: 'acme/x:1.0' },
      b: { registry: 'quay.io/acme', images: ['y:1', 'z:2'] },
    }),
    ['quay.io/acme/x:1.0', 'quay.io/acme/y:1', 'quay.io/acme/z:2'],
  ],
  [
    'tags that begin with a word',
    deployment({ args: ['minio/minio:RELEASE.2024-11-07T00-52-20Z', '--base=acme/os:jammy-22.04'] }),
    ['minio/minio:RELEASE.2024-11-07T00-52-20Z', 'acme/os:jammy-22.04'],
  ],
  [
    'fields without a tag',
    custom({ image: 'nginx', sidecarImage: 'acme/side', builder: { container_image: 'quay.io/acme/b' } }),
    ['nginx', 'acme/side', 'quay.io/acme/b'],
  ],
];

describe('images that operators are told of', () => {
  for (const [what, manifests, images] of WAYS) {
    test(what, () => {
      const own = ['example.test/op:v1'];
      assert.deepEqual(
        found(manifests)
          .filter((image) => !own.includes(image))
          .sort(),
        [...images].sort(),
      );
    });
  }
});

test('what may be meant in two ways is possible in the one that is less so', () => {
  const of = (spec: object) =>
    findImages(parseManifests(custom(spec), 'test')).map(
      ({ certainty, reference }) => `${certainty} ${reference}`,
    );
  assert.deepEqual(of({ x: { repository: 'quay.io/acme', name: 'y', tag: 'v1' } }), [
    'likely quay.io/acme:v1',
    'possible quay.io/acme/y:v1',
  ]);
  assert.deepEqual(of({ hub: 'reg.test/m', tag: 'v1', variant: 'slim', proxy: { image: 'p' } }), [
    'likely reg.test/m/p:v1',
    'possible reg.test/m/p:v1-slim',
  ]);
  assert.deepEqual(of({ x: { repository: 'quay.io/acme/y', tag: 'v1', variant: 'slim' } }), [
    'likely quay.io/acme/y:v1',
    'possible quay.io/acme/y:v1-slim',
  ]);
  assert.deepEqual(of({ version: 'v1', x: { repository: 'quay.io/acme/y' } }), [
    'possible quay.io/acme/y:v1',
  ]);
});

const NO_IMAGES = [
  ...[
    'https://example.com/a/b:1.2',
    'http://prometheus.monitoring:9090/api/v1',
    's3://bucket/path:1',
    'oci://reg.test/charts/x',
  ],
  ...[
    '/var/run/docker.sock',
    '/etc/app/config.yaml:12',
    './run.sh',
    '../x/y:1.0',
    'C:/x/y:1.0',
    'etc/passwd',
    '~/.kube/config',
  ],
  ...['application/json', 'text/plain; charset=utf-8', 'image/png', 'multipart/form-data'],
  ...['*/5 * * * *', '0 3 * * 1-5', '@daily', '12:30', '12:30:45', '2024-05-01T10:00:00Z'],
  ...['100m', '128Mi', '1.5Gi', '10s', '1h30m', '25%', '-1', '0.5', '1e3'],
  ...[
    'apps/v1',
    'networking.k8s.io/v1',
    'monitoring.coreos.com/v1/ServiceMonitor',
    'v1',
    'v1.2.3',
    '1.2.3-rc.1+build.5',
  ],
  ...[
    'app.kubernetes.io/name',
    'app.kubernetes.io/name=web',
    'node-role.kubernetes.io/control-plane:NoSchedule',
    'kubernetes.io/os',
    'gateway.networking.k8s.io/gateway-name',
    'scheduling.x-k8s.io/pod-group:v1',
  ],
  ...[
    'dedicated:NoExecute',
    'key=value:NoSchedule',
    'system:masters',
    'system:serviceaccount:kube-system:default',
    'user:pass',
  ],
  ...[
    'redis:6379',
    'db.example.com:5432',
    'localhost:8080',
    '0.0.0.0:9443',
    ':8080',
    '[::1]:80',
    '10.0.0.0/8',
    'fd00::/64',
    '10.0.0.1:80',
  ],
  ...['kube-system/coredns', 'default/my-secret', 'team/app', 'a@b.example', 'git@github.com:acme/x.git'],
  ...[
    'arn:aws:iam::123456789012:role/x',
    'urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427',
    `sha256:${'a'.repeat(64)}`,
    'md5:abc',
  ],
  ...[
    '$(REGISTRY)/team/app:1.0',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as shells write it
    '${IMAGE}:1.0',
    '{{ .Values.image }}:1.0',
    '%s/app:1.0',
    'team/$NAME:1.0',
    'foo/*:1.0',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as shells write it
    'team/app:${TAG}',
  ],
  ...[
    'true',
    'IfNotPresent',
    'error',
    'info,debug',
    'a=b,c=d',
    'spec.containers[0].image',
    'metadata.name',
    '{.status.phase}',
  ],
  ...[
    'TLS_AES_128_GCM_SHA256',
    'VersionTLS12',
    'PATH=/usr/bin:/bin',
    '/bin:/usr/bin',
    'rate(http_requests_total{job="a"}[5m])',
  ],
  ...[
    'self.spec.replicas <= 5',
    'request.auth.claims["sub"]',
    'ebs.csi.aws.com',
    'cluster.local',
    'my-svc.ns.svc.cluster.local',
  ],
];

describe('what is no image', () => {
  for (const text of NO_IMAGES) {
    test(`${text} in a variable, an argument, an annotation, a ConfigMap and a custom resource`, () => {
      const holders = [
        deployment({ ...env({ SETTING: text }), args: [text, `--setting=${text}`, '--setting', text] }),
        configMap({ setting: text, 'app.conf': `setting: ${text}\nother = ${text}\n` }),
        custom({ setting: text, list: [text] }),
        stringify({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 's', annotations: { setting: text } },
        }),
      ];
      const images = findImages(parseManifests(holders.join('---\n'), 'test'));
      assert.deepEqual(
        images.filter(({ certainty }) => certainty !== 'sure'),
        [],
      );
    });
  }

  test('fields that speak of images without holding one', () => {
    const manifests = custom({
      imagePullPolicy: 'IfNotPresent',
      imagePullSecrets: [{ name: 'regcred' }],
      imageGCHighThresholdPercent: 85,
      image: { pullPolicy: 'Always', pullSecrets: ['a'] },
      imageFormat: 'qcow2',
      imageType: 'image/png',
      scanImages: true,
      useImage: 'false',
    });
    assert.deepEqual(found(manifests), []);
  });
});

describe('any image in any place', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{1,7}$/);
  const host = fc.constantFrom(
    '',
    'quay.io/',
    'docker.io/',
    'reg.example.com/',
    'localhost:5000/',
    'reg:5000/',
  );
  const path = fc.array(word, { minLength: 2, maxLength: 3 }).map((words) => words.join('/'));
  const tag = fc.oneof(
    fc.stringMatching(/^v?\d{1,2}\.\d{1,2}(\.\d{1,3})?(-[a-z]{2,6}\d?)?$/),
    fc.constantFrom('latest', 'v1', '7', 'stable'),
  );
  const image = fc
    .tuple(host, path, tag)
    .map(([registry, name, version]) => ({ name: registry + name, version }));
  type Place = readonly [what: string, at: (image: { name: string; version: string }) => string];
  const places: readonly Place[] = [
    ['a variable', ({ name, version }) => deployment(env({ SOME_IMAGE: `${name}:${version}` }))],
    ['an argument', ({ name, version }) => deployment({ args: [`--some-image=${name}:${version}`] })],
    [
      'a pair of arguments',
      ({ name, version }) => deployment({ args: ['--some-image', `${name}:${version}`, '--x'] }),
    ],
    ['a list', ({ name, version }) => custom({ images: ['a/b:1', `${name}:${version}`] })],
    ['a field', ({ name, version }) => custom({ a: { someImage: `${name}:${version}` } })],
    ['a ConfigMap’s YAML', ({ name, version }) => configMap({ c: `a: {b: 1}\nimage: ${name}:${version}\n` })],
    [
      'a ConfigMap’s JSON',
      ({ name, version }) => configMap({ c: JSON.stringify({ a: [{ image: `${name}:${version}` }] }) }),
    ],
    ['lines', ({ name, version }) => configMap({ c: `one=a/b:1\ntwo=${name}:${version}\n` })],
    ['repository and tag', ({ name, version }) => custom({ x: { repository: name, tag: version } })],
    ['image and version', ({ name, version }) => custom({ x: { image: name, version } })],
    [
      'prefixed parts',
      ({ name, version }) => custom({ proxyRepository: name, proxyTag: version, enabled: true }),
    ],
    [
      'repository, image and version',
      ({ name, version }) =>
        custom({
          x: { repository: name.replace(/\/[^/]+$/, ''), image: name.replace(/^.*\//, ''), version },
        }),
    ],
    ['two variables', ({ name, version }) => deployment(env({ A_REPOSITORY: name, A_TAG: version }))],
    [
      'an annotation',
      ({ name, version }) =>
        stringify({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'a', annotations: { 'x.test/image': `${name}:${version}` } },
        }),
    ],
  ];
  for (const [what, put] of places) {
    test(`${what} is found`, () => {
      fc.assert(
        fc.property(image, (given) => {
          const full = formatReference(parseReference(`${given.name}:${given.version}`));
          const names = found(put(given)).map((text) => formatReference(parseReference(text)));
          assert.ok(names.includes(full), `${full} in\n${put(given)}`);
        }),
        { numRuns: 60 },
      );
    });
  }
});

test('what only a test of a release runs is likely, what another hook runs is sure', () => {
  const pod = (hook: string) =>
    parseManifests(
      stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', annotations: { 'helm.sh/hook': hook } },
        spec: { containers: [{ name: 'c', image: 'acme/tool' }] },
      }),
      'test',
    );
  for (const hook of ['test', 'test-success', 'test-failure, test']) {
    assert.deepEqual(
      findImages(pod(hook)).map(({ certainty }) => certainty),
      ['likely'],
    );
    assert.deepEqual(findSureImages(pod(hook)), []);
  }
  for (const hook of ['post-install', 'post-install,test']) {
    assert.deepEqual(
      findImages(pod(hook)).map(({ certainty }) => certainty),
      ['sure'],
    );
    assert.equal(findSureImages(pod(hook)).length, 1);
  }
});
