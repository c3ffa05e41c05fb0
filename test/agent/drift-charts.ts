import { PAUSE_IMAGE } from '../cluster/configuration.ts';

/** CRDs as an engine applies them before charts: one with defaults, one whose conversion gets its authority injected. */
export const crdManifests = (authority: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: wells.tiny.example}
spec:
  group: tiny.example
  scope: Namespaced
  names: {kind: Well, plural: wells, singular: well, listKind: WellList}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              depth: {type: integer, default: 10}
              water: {type: string, default: sweet}
              nothing: {type: string, nullable: true}
              resources: {type: object, x-kubernetes-preserve-unknown-fields: true}
              pumps:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string}, power: {type: integer, default: 1}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: casks.tiny.example}
spec:
  group: tiny.example
  scope: Cluster
  names: {kind: Cask, plural: casks, singular: cask, listKind: CaskList}
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1]
      clientConfig: {caBundle: ${authority}, service: {namespace: hooks, name: hooks, path: /convert}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;

const POD = (more = '') => `
    metadata: {labels: {app: it}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: main
        image: ${PAUSE_IMAGE}
        resources: {limits: {cpu: 1000m, memory: "67108864"}, requests: {cpu: 0.001, memory: 1024Ki}}
${more}`;

/** Charts of the kinds of things that others write to as well, each a release in a namespace of its name. */
export const DRIFT_CHARTS: Readonly<Record<string, string>> = {
  web: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: it, team: red}, annotations: null}
spec:
  replicas: 1
  selector: {matchLabels: {app: it}}
  template:${POD(`
        env: [{name: A, value: "1"}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
        ports: [{containerPort: 8080}]
        command: null
      nodeSelector: null
      volumes: [{name: tmp, emptyDir: {}}, {name: config, configMap: {name: web}}]`)}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: it}, ports: [{name: http, port: 80, targetPort: 8080}, {name: more, port: 81, targetPort: 8081}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {a: "1", empty: ""}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: it}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules: [{host: web.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
`,
  scaled: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: scaled}
spec:
  replicas: 1
  selector: {matchLabels: {app: it}}
  template:${POD()}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaled}
spec:
  minReplicas: 1
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: scaled}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
`,
  hooks: `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: drift-hooks}
webhooks:
- name: stated.tiny.example
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  clientConfig: {caBundle: Cg==, service: {namespace: hooks, name: hooks}}
  rules: [{apiGroups: [tiny.example], apiVersions: [v1], operations: [CREATE], resources: [nothings]}]
- name: silent.tiny.example
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  clientConfig: {service: {namespace: hooks, name: hooks}}
  rules: [{apiGroups: [tiny.example], apiVersions: [v1], operations: [CREATE], resources: [nothings]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: drift-hooks}
webhooks:
- name: silent.tiny.example
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  clientConfig: {service: {namespace: hooks, name: hooks}}
  rules: [{apiGroups: [tiny.example], apiVersions: [v1], operations: [CREATE], resources: [nothings]}]
---
apiVersion: v1
kind: Service
metadata: {name: hooks}
spec: {ports: [{port: 443}]}
`,
  data: `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: data}
spec:
  serviceName: data
  replicas: 1
  selector: {matchLabels: {app: it}}
  template:${POD(`        volumeMounts: [{name: data, mountPath: /data}]`)}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1048576}}}
---
apiVersion: v1
kind: Service
metadata: {name: data}
spec: {clusterIP: None, selector: {app: it}, ports: [{port: 80}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: extra}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Ki}}}
`,
  jobs: `
apiVersion: batch/v1
kind: Job
metadata: {name: gone}
spec: {ttlSecondsAfterFinished: 0, activeDeadlineSeconds: 3, backoffLimit: 0, template: {spec: {restartPolicy: Never, terminationGracePeriodSeconds: 0, containers: [{name: main, image: "${PAUSE_IMAGE}"}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: stays}
spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: main, image: "${PAUSE_IMAGE}"}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: often}
spec:
  schedule: "* * * * *"
  jobTemplate: {spec: {activeDeadlineSeconds: 2, template: {spec: {restartPolicy: Never, containers: [{name: main, image: "${PAUSE_IMAGE}"}]}}}}
`,
  secrets: `
apiVersion: v1
kind: Secret
metadata: {name: filled-later}
data: {ca.crt: "", tls.key: ""}
---
apiVersion: v1
kind: Secret
metadata: {name: without-data}
---
apiVersion: v1
kind: Secret
metadata: {name: plain}
stringData: {password: swordfish}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: fixed}
immutable: true
data: {a: "1"}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: some}
`,
  wells: `
apiVersion: tiny.example/v1
kind: Well
metadata: {name: deep}
spec: {depth: 20, nothing: null, resources: {limits: {cpu: 1000m}}, pumps: [{name: one}, {name: two, power: 2}]}
---
apiVersion: tiny.example/v1
kind: Well
metadata: {name: empty}
spec: {}
`,
  access: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: drift-sum}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {drift.tiny.example/part: "yes"}}]}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: drift-part, labels: {drift.tiny.example/part: "yes"}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: some}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: drift-part}
subjects: [{kind: ServiceAccount, name: default}]
---
apiVersion: v1
kind: Namespace
metadata: {name: drift-second, labels: {pod-security.kubernetes.io/enforce: privileged}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: away, namespace: drift-second}
data: {a: "1"}
`,
  nodes: `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: nodes}
spec:
  selector: {matchLabels: {app: it}}
  updateStrategy: {type: RollingUpdate}
  template:${POD(`      tolerations: [{operator: Exists}]`)}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: drift-high}
value: 1000000
globalDefault: false
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: drift-late}
provisioner: tiny.example/nobody
volumeBindingMode: WaitForFirstConsumer
`,
  doors: `
apiVersion: v1
kind: Service
metadata: {name: nodeport}
spec: {type: NodePort, selector: {app: it}, ports: [{port: 80, protocol: TCP, name: http}, {port: 80, protocol: UDP, name: quic}]}
---
apiVersion: v1
kind: Service
metadata: {name: balanced}
spec: {type: LoadBalancer, selector: {app: it}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}
`,
  limits: `
apiVersion: v1
kind: ResourceQuota
metadata: {name: limits}
spec: {hard: {requests.cpu: 4000m, requests.memory: 8192Mi, pods: 10}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, default: {cpu: 0.5, memory: 1048576Ki}, defaultRequest: {cpu: "100m"}, max: {cpu: 2000m}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: limited}
spec:
  replicas: 1
  selector: {matchLabels: {app: it}}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  template: {metadata: {labels: {app: it}}, spec: {containers: [{name: main, image: "${PAUSE_IMAGE}"}]}}
`,
};
