// Made by "npm run docs" from docs/openapi.json; change the hub's routes.
import { z } from 'zod';

const Health = z.looseObject({ status: z.string() });
export type Health = z.infer<typeof Health>;

const Readiness = z.looseObject({ status: z.string(), checks: z.array(z.string()) });
export type Readiness = z.infer<typeof Readiness>;

const Version = z.looseObject({ version: z.string(), apiVersions: z.array(z.string()) });
export type Version = z.infer<typeof Version>;

const PackList = z.looseObject({
  items: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      digest: z.string().optional(),
      layer: z.string().optional(),
      description: z.string().optional(),
      unreadable: z.looseObject({ code: z.string(), detail: z.string() }).optional(),
    }),
  ),
  continue: z.string().optional(),
});
export type PackList = z.infer<typeof PackList>;

const PackVersionList = z.looseObject({
  items: z.array(
    z.looseObject({
      version: z.string(),
      digest: z.string().optional(),
      unreadable: z.looseObject({ code: z.string(), detail: z.string() }).optional(),
    }),
  ),
  continue: z.string().optional(),
  name: z.string(),
});
export type PackVersionList = z.infer<typeof PackVersionList>;

const Pack = z.looseObject({
  name: z.string(),
  version: z.string(),
  layer: z.string(),
  description: z.string(),
  presets: z.array(
    z.looseObject({
      name: z.string(),
      description: z.string().optional(),
      values: z.record(z.string(), z.unknown()),
    }),
  ),
  dependencies: z.array(z.looseObject({ pack: z.string(), range: z.string() })),
  images: z.array(z.looseObject({ reference: z.string(), digest: z.string() })),
  values: z.record(z.string(), z.unknown()),
  valuesSchema: z.record(z.string(), z.unknown()),
  permissions: z.array(
    z.looseObject({ group: z.string(), resource: z.string(), verbs: z.array(z.string()).optional() }),
  ),
  digest: z.string(),
  chart: z.looseObject({ digest: z.string(), size: z.number() }),
});
export type Pack = z.infer<typeof Pack>;

const Project = z.looseObject({
  name: z.string(),
  uid: z.string(),
  created: z.string(),
  version: z.string(),
  description: z.string().optional(),
  deleting: z.string().optional(),
});
export type Project = z.infer<typeof Project>;

const ProjectList = z.looseObject({ items: z.array(Project), continue: z.string().optional() });
export type ProjectList = z.infer<typeof ProjectList>;

const ProjectMembers = z.looseObject({
  members: z.array(z.looseObject({ subject: z.string(), role: z.string() })),
  version: z.string(),
});
export type ProjectMembers = z.infer<typeof ProjectMembers>;

const ClusterProfile = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    name: z.string(),
    version: z.string(),
    description: z.string().optional(),
    variables: z
      .array(
        z.looseObject({
          name: z.string(),
          description: z.string().optional(),
          type: z.string().optional(),
          default: z.unknown().optional(),
          pattern: z.string().optional(),
          required: z.boolean().optional(),
          sensitive: z.boolean().optional(),
        }),
      )
      .optional(),
    packs: z.array(
      z.looseObject({
        name: z.string(),
        version: z.string(),
        digest: z.string(),
        registry: z.string().optional(),
        namespace: z.string().optional(),
        preset: z.string().optional(),
        values: z.string().optional(),
        dependsOn: z.array(z.string()).optional(),
        timeoutSeconds: z.number().optional(),
        drift: z
          .looseObject({
            mode: z.string(),
            ignore: z
              .array(
                z.looseObject({
                  kind: z.string().optional(),
                  name: z.string().optional(),
                  field: z.string(),
                }),
              )
              .optional(),
          })
          .optional(),
        onRemove: z.string().optional(),
      }),
    ),
  }),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type ClusterProfile = z.infer<typeof ClusterProfile>;

const ClusterProfileList = z.looseObject({
  items: z.array(ClusterProfile),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type ClusterProfileList = z.infer<typeof ClusterProfileList>;

const CloudAccount = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    type: z.string(),
    gateway: z.string().optional(),
    endpoint: z.string().optional(),
    ca: z.string().optional(),
    credentials: z.looseObject({ name: z.string() }),
    settings: z.record(z.string(), z.unknown()).optional(),
    requestsPerSecond: z.number().optional(),
    usableBy: z.array(z.string()).optional(),
  }),
  status: z
    .looseObject({
      verified: z.boolean().optional(),
      at: z.string().optional(),
      capabilities: z.array(z.string()).optional(),
      sessions: z.number().optional(),
      lastError: z.looseObject({ code: z.string(), detail: z.string(), at: z.string() }).optional(),
      orphans: z.array(z.looseObject({ name: z.string(), cluster: z.string(), id: z.string() })).optional(),
      observedGeneration: z.number().optional(),
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string(),
            message: z.string(),
            lastTransitionTime: z.string(),
          }),
        )
        .optional(),
    })
    .optional(),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type CloudAccount = z.infer<typeof CloudAccount>;

const CloudAccountList = z.looseObject({
  items: z.array(CloudAccount),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type CloudAccountList = z.infer<typeof CloudAccountList>;

const Gateway = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    cluster: z.string(),
    movedTo: z.string().optional(),
    usableBy: z.array(z.string()).optional(),
    maxConcurrent: z.number().optional(),
    pools: z
      .array(
        z.looseObject({
          name: z.string(),
          ranges: z.array(z.string()),
          reserved: z.array(z.string()).optional(),
          prefix: z.number(),
          gateway: z.string().optional(),
          dns: z.array(z.string()).optional(),
          search: z.array(z.string()).optional(),
        }),
      )
      .optional(),
    nodes: z
      .looseObject({
        template: z.string().optional(),
        sizes: z
          .array(
            z.looseObject({
              name: z.string(),
              cpus: z.number(),
              memoryMiB: z.number(),
              diskGiB: z.number().optional(),
            }),
          )
          .optional(),
        proxy: z
          .looseObject({
            http: z.string().optional(),
            https: z.string().optional(),
            none: z.array(z.string()).optional(),
          })
          .optional(),
        ntp: z.array(z.string()).optional(),
        registry: z
          .looseObject({
            endpoint: z.string(),
            ca: z.string().optional(),
            credentials: z.looseObject({ name: z.string(), key: z.string() }).optional(),
            cache: z
              .looseObject({
                endpoint: z.string(),
                ca: z.string().optional(),
                certificate: z.looseObject({ name: z.string() }).optional(),
                sizeGiB: z.number().optional(),
                storageClass: z.string().optional(),
              })
              .optional(),
          })
          .optional(),
        ca: z.string().optional(),
        sshKeys: z.array(z.string()).optional(),
      })
      .optional(),
  }),
  status: z
    .looseObject({
      observedGeneration: z.number().optional(),
      seen: z.string().optional(),
      version: z.string().optional(),
      accounts: z.number().optional(),
      clusters: z.number().optional(),
      running: z.number().optional(),
      backup: z.looseObject({ at: z.string(), digest: z.string() }).optional(),
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string(),
            message: z.string(),
            lastTransitionTime: z.string(),
          }),
        )
        .optional(),
    })
    .optional(),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type Gateway = z.infer<typeof Gateway>;

const GatewayList = z.looseObject({
  items: z.array(Gateway),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type GatewayList = z.infer<typeof GatewayList>;

const PackRegistry = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    address: z.string(),
    prefix: z.string(),
    ca: z.string().optional(),
    credentials: z.looseObject({ name: z.string() }).optional(),
  }),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type PackRegistry = z.infer<typeof PackRegistry>;

const PackRegistryList = z.looseObject({
  items: z.array(PackRegistry),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type PackRegistryList = z.infer<typeof PackRegistryList>;

const Cluster = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    profiles: z
      .array(
        z.looseObject({
          name: z.string(),
          version: z.string(),
          variables: z
            .array(
              z.looseObject({
                name: z.string(),
                value: z.unknown().optional(),
                secret: z.looseObject({ name: z.string(), key: z.string() }).optional(),
              }),
            )
            .optional(),
        }),
      )
      .optional(),
    agent: z.looseObject({ key: z.string().optional(), version: z.string().optional() }).optional(),
    policy: z
      .looseObject({
        drift: z
          .looseObject({
            mode: z.string(),
            ignore: z
              .array(
                z.looseObject({
                  kind: z.string().optional(),
                  name: z.string().optional(),
                  field: z.string(),
                }),
              )
              .optional(),
          })
          .optional(),
        maintenance: z
          .array(
            z.looseObject({
              days: z.array(z.string()).optional(),
              start: z.string(),
              minutes: z.number(),
              timeZone: z.string().optional(),
            }),
          )
          .optional(),
        allowEmpty: z.boolean().optional(),
      })
      .optional(),
    paused: z.boolean().optional(),
    kubeconfig: z.looseObject({ name: z.string(), key: z.string() }).optional(),
    access: z.looseObject({ server: z.string(), ca: z.string().optional() }).optional(),
    provision: z
      .looseObject({
        account: z.string(),
        accountProject: z.string().optional(),
        placement: z.record(z.string(), z.unknown()).optional(),
        kubernetes: z.string(),
        endpoint: z
          .looseObject({
            host: z.string().optional(),
            pool: z.string().optional(),
            port: z.number().optional(),
            loadBalancer: z.boolean().optional(),
          })
          .optional(),
        addresses: z.string().optional(),
        podCidr: z.string().optional(),
        serviceCidr: z.string().optional(),
        controlPlane: z.looseObject({
          replicas: z.number(),
          size: z.union([
            z.string(),
            z.looseObject({ cpus: z.number(), memoryMiB: z.number(), diskGiB: z.number().optional() }),
          ]),
          template: z.string().optional(),
          placement: z.record(z.string(), z.unknown()).optional(),
          health: z
            .looseObject({
              replace: z.boolean().optional(),
              startup: z.string().optional(),
              notReady: z.string().optional(),
              maxUnhealthy: z.string().optional(),
              budgetPerDay: z.number().optional(),
            })
            .optional(),
        }),
        pools: z
          .array(
            z.looseObject({
              name: z.string(),
              replicas: z.number(),
              size: z.union([
                z.string(),
                z.looseObject({ cpus: z.number(), memoryMiB: z.number(), diskGiB: z.number().optional() }),
              ]),
              template: z.string().optional(),
              placement: z.record(z.string(), z.unknown()).optional(),
              labels: z.record(z.string(), z.string()).optional(),
              health: z
                .looseObject({
                  replace: z.boolean().optional(),
                  startup: z.string().optional(),
                  notReady: z.string().optional(),
                  maxUnhealthy: z.string().optional(),
                  budgetPerDay: z.number().optional(),
                })
                .optional(),
            }),
          )
          .optional(),
        abandon: z.string().optional(),
        deletion: z.string().optional(),
      })
      .optional(),
  }),
  status: z
    .looseObject({
      phase: z.string(),
      observedGeneration: z.number().optional(),
      id: z.string().optional(),
      sealingKey: z.record(z.string(), z.unknown()).optional(),
      request: z.looseObject({ key: z.string(), at: z.string(), from: z.string().optional() }).optional(),
      desired: z.looseObject({ number: z.number(), digest: z.string(), at: z.string() }).optional(),
      applied: z.looseObject({ number: z.number(), digest: z.string(), at: z.string() }).optional(),
      held: z
        .looseObject({ number: z.number(), digest: z.string(), removed: z.array(z.string()) })
        .optional(),
      completedAfterSeconds: z.number().optional(),
      agent: z
        .looseObject({
          seen: z.string(),
          version: z.string(),
          transport: z.string(),
          certificateUntil: z.string().optional(),
          features: z.array(z.string()).optional(),
        })
        .optional(),
      report: z.looseObject({ number: z.number(), digest: z.string(), key: z.string() }).optional(),
      kubernetes: z.string().optional(),
      nodes: z.looseObject({ ready: z.number(), total: z.number() }).optional(),
      layers: z
        .array(
          z.looseObject({
            name: z.string(),
            version: z.string(),
            digest: z.string(),
            state: z.string(),
            code: z.string().optional(),
            message: z.string().optional(),
            seconds: z.number().optional(),
            objects: z.number().optional(),
          }),
        )
        .optional(),
      drift: z
        .looseObject({
          count: z.number(),
          top: z.array(
            z.looseObject({
              layer: z.string(),
              object: z.string(),
              what: z.string(),
              fields: z.array(z.string()),
              by: z.string().optional(),
              at: z.string(),
              state: z.string(),
              code: z.string().optional(),
              alert: z.boolean().optional(),
            }),
          ),
        })
        .optional(),
      infrastructure: z
        .looseObject({
          phase: z.string(),
          endpoint: z.string().optional(),
          kubernetes: z.string().optional(),
          controlPlane: z.looseObject({ ready: z.number(), wanted: z.number() }),
          pools: z.array(
            z.looseObject({
              name: z.string(),
              ready: z.number(),
              wanted: z.number(),
              code: z.string().optional(),
              detail: z.string().optional(),
            }),
          ),
          machines: z.array(
            z.looseObject({
              name: z.string(),
              pool: z.string(),
              phase: z.string(),
              since: z.string(),
              id: z.string().optional(),
              address: z.string().optional(),
              kubernetes: z.string().optional(),
              code: z.string().optional(),
              detail: z.string().optional(),
              console: z.looseObject({ at: z.string(), text: z.string() }).optional(),
            }),
          ),
          replaced: z
            .array(
              z.looseObject({ machine: z.string(), at: z.string(), code: z.string(), detail: z.string() }),
            )
            .optional(),
          conditions: z
            .array(
              z.looseObject({
                type: z.string(),
                status: z.string(),
                reason: z.string(),
                message: z.string(),
                lastTransitionTime: z.string(),
              }),
            )
            .optional(),
        })
        .optional(),
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string(),
            message: z.string(),
            lastTransitionTime: z.string(),
          }),
        )
        .optional(),
    })
    .optional(),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type Cluster = z.infer<typeof Cluster>;

const ClusterList = z.looseObject({
  items: z.array(Cluster),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type ClusterList = z.infer<typeof ClusterList>;

const Enrollment = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    cluster: z.string(),
    tokenHash: z.string(),
    expiresAt: z.string(),
    autoAccept: z.boolean().optional(),
  }),
  status: z
    .looseObject({
      usedBy: z.string().optional(),
      usedAt: z.string().optional(),
      acceptedAt: z.string().optional(),
    })
    .optional(),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type Enrollment = z.infer<typeof Enrollment>;

const EnrollmentList = z.looseObject({
  items: z.array(Enrollment),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type EnrollmentList = z.infer<typeof EnrollmentList>;

const ClusterRevision = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    cluster: z.string(),
    number: z.number(),
    digest: z.string(),
    envelope: z.string().optional(),
    cause: z.string(),
    releasedAt: z.string().optional(),
  }),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type ClusterRevision = z.infer<typeof ClusterRevision>;

const ClusterRevisionList = z.looseObject({
  items: z.array(ClusterRevision),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type ClusterRevisionList = z.infer<typeof ClusterRevisionList>;

const Rollout = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    profile: z.string(),
    version: z.string(),
    selector: z.record(z.string(), z.string()).optional(),
    batch: z.number().optional(),
    maxFailures: z.number().optional(),
    soakSeconds: z.number().optional(),
    deadlineSeconds: z.number().optional(),
    offline: z.string().optional(),
    maxOffline: z.number().optional(),
    paused: z.boolean().optional(),
  }),
  status: z
    .looseObject({
      phase: z.string(),
      message: z.string().optional(),
      total: z.number(),
      updated: z.number(),
      ready: z.number(),
      failed: z.number(),
      offline: z.number(),
      startedAt: z.string().optional(),
      batchReadyAt: z.string().optional(),
      observedGeneration: z.number().optional(),
      inFlight: z
        .array(
          z.looseObject({
            cluster: z.string(),
            since: z.string(),
            state: z.string(),
            arrived: z.boolean().optional(),
          }),
        )
        .optional(),
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string(),
            message: z.string(),
            lastTransitionTime: z.string(),
          }),
        )
        .optional(),
    })
    .optional(),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type Rollout = z.infer<typeof Rollout>;

const RolloutList = z.looseObject({
  items: z.array(Rollout),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type RolloutList = z.infer<typeof RolloutList>;

const Alert = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    cluster: z.string().optional(),
    rule: z.string(),
    subject: z.string(),
    severity: z.string(),
  }),
  status: z
    .looseObject({
      message: z.string(),
      firstSeen: z.string(),
      lastSeen: z.string(),
      count: z.number(),
      resolvedAt: z.string().optional(),
      sent: z.array(z.looseObject({ receiver: z.string(), at: z.string(), state: z.string() })).optional(),
    })
    .optional(),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type Alert = z.infer<typeof Alert>;

const AlertList = z.looseObject({
  items: z.array(Alert),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type AlertList = z.infer<typeof AlertList>;

const AlertReceiver = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  generation: z.number().optional(),
  deleting: z.string().optional(),
  spec: z.looseObject({
    severity: z.string().optional(),
    webhook: z
      .looseObject({
        url: z.string(),
        ca: z.string().optional(),
        secret: z.looseObject({ name: z.string(), key: z.string() }).optional(),
      })
      .optional(),
    email: z
      .looseObject({
        server: z.string(),
        tls: z.string().optional(),
        ca: z.string().optional(),
        from: z.string(),
        to: z.array(z.string()),
        username: z.string().optional(),
        password: z.looseObject({ name: z.string(), key: z.string() }).optional(),
      })
      .optional(),
    events: z.boolean().optional(),
  }),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type AlertReceiver = z.infer<typeof AlertReceiver>;

const AlertReceiverList = z.looseObject({
  items: z.array(AlertReceiver),
  continue: z.string().optional(),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  version: z.string(),
});
export type AlertReceiverList = z.infer<typeof AlertReceiverList>;

const Session = z.looseObject({
  user: z.string(),
  groups: z.array(z.string()),
  via: z.string(),
  expires: z.string().optional(),
  ways: z.array(z.string()),
  issuer: z.string().optional(),
});
export type Session = z.infer<typeof Session>;

const Issuer = z.looseObject({
  issuer: z.string(),
  clientId: z.string(),
  scopes: z.array(z.string()),
  ca: z.string().optional(),
});
export type Issuer = z.infer<typeof Issuer>;

const LoggedOut = z.looseObject({ url: z.string().optional() });
export type LoggedOut = z.infer<typeof LoggedOut>;

const Access = z.looseObject({
  rules: z.array(z.looseObject({ verbs: z.array(z.string()), resources: z.array(z.string()) })),
});
export type Access = z.infer<typeof Access>;

const AuditPage = z.looseObject({ page: z.number(), lines: z.string(), next: z.number().optional() });
export type AuditPage = z.infer<typeof AuditPage>;

const Installation = z.looseObject({
  installation: z
    .looseObject({
      state: z.string(),
      release: z.looseObject({ name: z.string(), version: z.string(), digest: z.string() }),
      key: z.looseObject({ fingerprint: z.string() }),
      address: z.string().optional(),
      phases: z.array(
        z.looseObject({
          id: z.string(),
          state: z.string(),
          startedAt: z.string().optional(),
          finishedAt: z.string().optional(),
          by: z.string().optional(),
          error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
        }),
      ),
      upgrade: z
        .looseObject({
          from: z.looseObject({ name: z.string(), version: z.string(), digest: z.string() }),
          to: z.looseObject({ name: z.string(), version: z.string(), digest: z.string() }),
          direction: z.string(),
          startedAt: z.string(),
          reason: z.looseObject({ code: z.string(), message: z.string() }).optional(),
          phases: z.array(
            z.looseObject({
              id: z.string(),
              state: z.string(),
              startedAt: z.string().optional(),
              finishedAt: z.string().optional(),
              by: z.string().optional(),
              error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
            }),
          ),
        })
        .optional(),
      previous: z
        .looseObject({
          release: z.looseObject({ name: z.string(), version: z.string(), digest: z.string() }),
          key: z.looseObject({ fingerprint: z.string() }),
          upgradedAt: z.string(),
        })
        .optional(),
      history: z.array(
        z.looseObject({
          action: z.string(),
          release: z.looseObject({ name: z.string(), version: z.string(), digest: z.string() }),
          by: z.string(),
          startedAt: z.string(),
          finishedAt: z.string().optional(),
          outcome: z.string(),
          error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
        }),
      ),
    })
    .optional(),
  running: z.array(
    z.looseObject({
      pod: z.string(),
      container: z.string(),
      image: z.string(),
      digest: z.string(),
      node: z.string(),
    }),
  ),
});
export type Installation = z.infer<typeof Installation>;

const InstalledContent = z.looseObject({
  readAt: z.string(),
  away: z.looseObject({ code: z.string(), detail: z.string() }).optional(),
  release: z.looseObject({
    kubernetes: z.string(),
    description: z.string(),
    upgrade: z.looseObject({ from: z.string() }).optional(),
    components: z.array(
      z.looseObject({
        name: z.string(),
        namespace: z.string(),
        chart: z.looseObject({ repository: z.string(), tag: z.string(), digest: z.string() }),
      }),
    ),
    packs: z.array(
      z.looseObject({
        name: z.string(),
        version: z.string(),
        artifact: z.looseObject({ repository: z.string(), tag: z.string(), digest: z.string() }),
      }),
    ),
    images: z.array(
      z.looseObject({
        repository: z.string(),
        tag: z.string(),
        digest: z.string(),
        reference: z.string(),
        signed: z.boolean(),
      }),
    ),
    hostTools: z.array(
      z.looseObject({
        name: z.string(),
        version: z.string(),
        platform: z.string(),
        file: z.string(),
        digest: z.string(),
        size: z.number(),
      }),
    ),
    repository: z.string(),
    attachments: z.array(
      z.looseObject({
        kind: z.string(),
        digest: z.string(),
        type: z.string().optional(),
        signers: z.array(z.string()),
      }),
    ),
  }),
});
export type InstalledContent = z.infer<typeof InstalledContent>;

const Storage = z.looseObject({
  readAt: z.string(),
  away: z.looseObject({ code: z.string(), detail: z.string() }).optional(),
  report: z
    .looseObject({
      measuredAt: z.string(),
      total: z.looseObject({
        repositories: z.number(),
        tags: z.number(),
        manifests: z.number(),
        bytes: z.number(),
        sharedBytes: z.number(),
      }),
      disk: z.looseObject({ freeBytes: z.number(), sizeBytes: z.number() }),
      repositories: z.array(
        z.looseObject({
          repository: z.string(),
          tags: z.number(),
          manifests: z.number(),
          blobs: z.number(),
          bytes: z.number(),
          ownBytes: z.number(),
        }),
      ),
      collection: z.looseObject({
        everySeconds: z.number().optional(),
        lastDoneAt: z.string().optional(),
        keepUntaggedSeconds: z.number(),
        plan: z
          .looseObject({
            manifests: z.number(),
            blobs: z.number(),
            bytes: z.number(),
            waitingBytes: z.number(),
            unheld: z.looseObject({ files: z.number(), bytes: z.number() }),
            unfinished: z.looseObject({ files: z.number(), bytes: z.number() }),
            quarantined: z.looseObject({ files: z.number(), bytes: z.number() }),
            going: z.array(
              z.looseObject({
                repository: z.string(),
                digest: z.string(),
                lastTag: z.string().optional(),
                pushedAt: z.string(),
                untaggedAt: z.string().optional(),
                why: z.string(),
              }),
            ),
            kept: z.array(
              z.looseObject({
                repository: z.string(),
                digest: z.string(),
                lastTag: z.string().optional(),
                until: z.string().optional(),
                reason: z.string(),
              }),
            ),
            keptManifests: z.number(),
            unknown: z.array(z.string()),
          })
          .optional(),
        refused: z.looseObject({ code: z.string(), detail: z.string() }).optional(),
      }),
    })
    .optional(),
});
export type Storage = z.infer<typeof Storage>;

const Channel = z.looseObject({
  channel: z
    .looseObject({
      edition: z.number(),
      root: z.number(),
      role: z.string(),
      expiresAt: z.string(),
      lastSeenAt: z.string(),
    })
    .optional(),
  readAt: z.string(),
  away: z.looseObject({ code: z.string(), detail: z.string() }).optional(),
  releases: z.array(
    z.looseObject({
      version: z.string(),
      digest: z.string(),
      kubernetes: z.string(),
      from: z.string().optional(),
      follows: z.boolean(),
    }),
  ),
});
export type Channel = z.infer<typeof Channel>;

const AuthorityState = z.looseObject({
  rotating: z.boolean(),
  authorities: z.array(
    z.looseObject({ number: z.number(), fingerprint: z.string(), use: z.string(), until: z.string() }),
  ),
  signingKeys: z.array(z.looseObject({ number: z.number(), fingerprint: z.string(), use: z.string() })),
  clusters: z.looseObject({
    total: z.number(),
    acknowledged: z.number(),
    offline: z.number(),
    waiting: z.array(
      z.looseObject({ project: z.string(), name: z.string(), offline: z.boolean(), reason: z.string() }),
    ),
  }),
});
export type AuthorityState = z.infer<typeof AuthorityState>;

const Plan = z.looseObject({
  clusters: z.array(
    z.looseObject({
      project: z.string(),
      name: z.string(),
      profileVersion: z.string().optional(),
      layers: z.array(
        z.looseObject({
          name: z.string(),
          change: z.string(),
          detail: z.string().optional(),
          version: z.string().optional(),
          versionBefore: z.string().optional(),
          values: z
            .array(
              z.looseObject({
                pointer: z.string(),
                before: z.unknown().optional(),
                after: z.unknown().optional(),
              }),
            )
            .optional(),
        }),
      ),
      machines: z
        .looseObject({
          change: z.string(),
          fields: z.array(
            z.looseObject({
              pointer: z.string(),
              before: z.unknown().optional(),
              after: z.unknown().optional(),
            }),
          ),
        })
        .optional(),
      opensAt: z.string().optional(),
      paused: z.boolean().optional(),
      errors: z
        .array(
          z.looseObject({
            pointer: z.string(),
            detail: z.string(),
            code: z.string(),
            within: z.string().optional(),
            path: z.string(),
            message: z.string(),
          }),
        )
        .optional(),
      warnings: z
        .array(
          z.looseObject({
            pointer: z.string(),
            detail: z.string(),
            code: z.string(),
            within: z.string().optional(),
            path: z.string(),
            message: z.string(),
          }),
        )
        .optional(),
    }),
  ),
  total: z.number(),
  continue: z.string().optional(),
  errors: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
  warnings: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
});
export type Plan = z.infer<typeof Plan>;

const RolloutPlan = z.looseObject({
  size: z.number(),
  total: z.number(),
  there: z.number(),
  current: z.array(z.looseObject({ name: z.string(), version: z.string() })),
  failed: z.array(z.looseObject({ name: z.string(), version: z.string() })),
  batches: z.array(z.array(z.looseObject({ name: z.string(), version: z.string() }))),
  batchCount: z.number(),
  held: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      reason: z.string(),
      opensAt: z.string().optional(),
    }),
  ),
  heldCount: z.number(),
  supersededBy: z.string().optional(),
});
export type RolloutPlan = z.infer<typeof RolloutPlan>;

const ClusterKubeconfig = z.looseObject({
  kubeconfig: z.string(),
  server: z.string(),
  hub: z.string(),
  issuer: z.string(),
});
export type ClusterKubeconfig = z.infer<typeof ClusterKubeconfig>;

const ClusterExport = z.looseObject({
  file: z.looseObject({
    payloadType: z.string(),
    payload: z.string(),
    signatures: z.array(z.looseObject({ keyid: z.string(), sig: z.string() })),
  }),
  number: z.number(),
  layers: z.array(
    z.looseObject({
      pack: z.looseObject({
        registry: z.string(),
        repository: z.string(),
        version: z.string(),
        digest: z.unknown(),
      }),
    }),
  ),
  held: z.array(
    z.looseObject({
      pack: z.looseObject({
        registry: z.string(),
        repository: z.string(),
        version: z.string(),
        digest: z.unknown(),
      }),
    }),
  ),
});
export type ClusterExport = z.infer<typeof ClusterExport>;

const TakenReport = z.looseObject({
  project: z.string(),
  cluster: z.string(),
  enroll: z.string().optional(),
  reportNumber: z.number(),
  eventNumber: z.number(),
  refused: z.array(z.looseObject({ code: z.string(), detail: z.string() })),
});
export type TakenReport = z.infer<typeof TakenReport>;

const OpenApi = z.looseObject({ openapi: z.string() });
export type OpenApi = z.infer<typeof OpenApi>;

const ProjectInput = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  members: z.array(z.looseObject({ subject: z.string(), role: z.string() })).optional(),
});
export type ProjectInput = z.infer<typeof ProjectInput>;

const ProjectMembersInput = z.looseObject({
  members: z.array(z.looseObject({ subject: z.string(), role: z.string() })),
  version: z.unknown().optional(),
});
export type ProjectMembersInput = z.infer<typeof ProjectMembersInput>;

const ClusterProfileInput = z.looseObject({
  name: z.string().optional(),
  project: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({
    name: z.string(),
    version: z.string(),
    description: z.string().optional(),
    variables: z
      .array(
        z.looseObject({
          name: z.string(),
          description: z.string().optional(),
          type: z.string().optional(),
          default: z.unknown().optional(),
          pattern: z.string().optional(),
          required: z.boolean().optional(),
          sensitive: z.boolean().optional(),
        }),
      )
      .optional(),
    packs: z.array(
      z.looseObject({
        name: z.string(),
        version: z.string(),
        digest: z.string(),
        registry: z.string().optional(),
        namespace: z.string().optional(),
        preset: z.string().optional(),
        values: z.string().optional(),
        dependsOn: z.array(z.string()).optional(),
        timeoutSeconds: z.number().optional(),
        drift: z
          .looseObject({
            mode: z.string(),
            ignore: z
              .array(
                z.looseObject({
                  kind: z.string().optional(),
                  name: z.string().optional(),
                  field: z.string(),
                }),
              )
              .optional(),
          })
          .optional(),
        onRemove: z.string().optional(),
      }),
    ),
  }),
  uid: z.unknown().optional(),
  created: z.unknown().optional(),
  version: z.unknown().optional(),
  generation: z.unknown().optional(),
  deleting: z.unknown().optional(),
  status: z.unknown().optional(),
  warnings: z.unknown().optional(),
});
export type ClusterProfileInput = z.infer<typeof ClusterProfileInput>;

const Patch = z.looseObject({ labels: z.unknown().optional(), spec: z.unknown().optional() });
export type Patch = z.infer<typeof Patch>;

const CloudAccountInput = z.looseObject({
  name: z.string().optional(),
  project: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({
    type: z.string(),
    gateway: z.string().optional(),
    endpoint: z.string().optional(),
    ca: z.string().optional(),
    credentials: z.looseObject({ name: z.string() }),
    settings: z.record(z.string(), z.unknown()).optional(),
    requestsPerSecond: z.number().optional(),
    usableBy: z.array(z.string()).optional(),
  }),
  uid: z.unknown().optional(),
  created: z.unknown().optional(),
  version: z.unknown().optional(),
  generation: z.unknown().optional(),
  deleting: z.unknown().optional(),
  status: z.unknown().optional(),
  warnings: z.unknown().optional(),
});
export type CloudAccountInput = z.infer<typeof CloudAccountInput>;

const GatewayInput = z.looseObject({
  name: z.string().optional(),
  project: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({
    cluster: z.string(),
    movedTo: z.string().optional(),
    usableBy: z.array(z.string()).optional(),
    maxConcurrent: z.number().optional(),
    pools: z
      .array(
        z.looseObject({
          name: z.string(),
          ranges: z.array(z.string()),
          reserved: z.array(z.string()).optional(),
          prefix: z.number(),
          gateway: z.string().optional(),
          dns: z.array(z.string()).optional(),
          search: z.array(z.string()).optional(),
        }),
      )
      .optional(),
    nodes: z
      .looseObject({
        template: z.string().optional(),
        sizes: z
          .array(
            z.looseObject({
              name: z.string(),
              cpus: z.number(),
              memoryMiB: z.number(),
              diskGiB: z.number().optional(),
            }),
          )
          .optional(),
        proxy: z
          .looseObject({
            http: z.string().optional(),
            https: z.string().optional(),
            none: z.array(z.string()).optional(),
          })
          .optional(),
        ntp: z.array(z.string()).optional(),
        registry: z
          .looseObject({
            endpoint: z.string(),
            ca: z.string().optional(),
            credentials: z.looseObject({ name: z.string(), key: z.string() }).optional(),
            cache: z
              .looseObject({
                endpoint: z.string(),
                ca: z.string().optional(),
                certificate: z.looseObject({ name: z.string() }).optional(),
                sizeGiB: z.number().optional(),
                storageClass: z.string().optional(),
              })
              .optional(),
          })
          .optional(),
        ca: z.string().optional(),
        sshKeys: z.array(z.string()).optional(),
      })
      .optional(),
  }),
  uid: z.unknown().optional(),
  created: z.unknown().optional(),
  version: z.unknown().optional(),
  generation: z.unknown().optional(),
  deleting: z.unknown().optional(),
  status: z.unknown().optional(),
  warnings: z.unknown().optional(),
});
export type GatewayInput = z.infer<typeof GatewayInput>;

const PackRegistryInput = z.looseObject({
  name: z.string().optional(),
  project: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({
    address: z.string(),
    prefix: z.string(),
    ca: z.string().optional(),
    credentials: z.looseObject({ name: z.string() }).optional(),
  }),
  uid: z.unknown().optional(),
  created: z.unknown().optional(),
  version: z.unknown().optional(),
  generation: z.unknown().optional(),
  deleting: z.unknown().optional(),
  status: z.unknown().optional(),
  warnings: z.unknown().optional(),
});
export type PackRegistryInput = z.infer<typeof PackRegistryInput>;

const ClusterInput = z.looseObject({
  name: z.string().optional(),
  project: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({
    profiles: z
      .array(
        z.looseObject({
          name: z.string(),
          version: z.string(),
          variables: z
            .array(
              z.looseObject({
                name: z.string(),
                value: z.unknown().optional(),
                secret: z.looseObject({ name: z.string(), key: z.string() }).optional(),
              }),
            )
            .optional(),
        }),
      )
      .optional(),
    agent: z.looseObject({ key: z.string().optional(), version: z.string().optional() }).optional(),
    policy: z
      .looseObject({
        drift: z
          .looseObject({
            mode: z.string(),
            ignore: z
              .array(
                z.looseObject({
                  kind: z.string().optional(),
                  name: z.string().optional(),
                  field: z.string(),
                }),
              )
              .optional(),
          })
          .optional(),
        maintenance: z
          .array(
            z.looseObject({
              days: z.array(z.string()).optional(),
              start: z.string(),
              minutes: z.number(),
              timeZone: z.string().optional(),
            }),
          )
          .optional(),
        allowEmpty: z.boolean().optional(),
      })
      .optional(),
    paused: z.boolean().optional(),
    kubeconfig: z.looseObject({ name: z.string(), key: z.string() }).optional(),
    access: z.looseObject({ server: z.string(), ca: z.string().optional() }).optional(),
    provision: z
      .looseObject({
        account: z.string(),
        accountProject: z.string().optional(),
        placement: z.record(z.string(), z.unknown()).optional(),
        kubernetes: z.string(),
        endpoint: z
          .looseObject({
            host: z.string().optional(),
            pool: z.string().optional(),
            port: z.number().optional(),
            loadBalancer: z.boolean().optional(),
          })
          .optional(),
        addresses: z.string().optional(),
        podCidr: z.string().optional(),
        serviceCidr: z.string().optional(),
        controlPlane: z.looseObject({
          replicas: z.number(),
          size: z.union([
            z.string(),
            z.looseObject({ cpus: z.number(), memoryMiB: z.number(), diskGiB: z.number().optional() }),
          ]),
          template: z.string().optional(),
          placement: z.record(z.string(), z.unknown()).optional(),
          health: z
            .looseObject({
              replace: z.boolean().optional(),
              startup: z.string().optional(),
              notReady: z.string().optional(),
              maxUnhealthy: z.string().optional(),
              budgetPerDay: z.number().optional(),
            })
            .optional(),
        }),
        pools: z
          .array(
            z.looseObject({
              name: z.string(),
              replicas: z.number(),
              size: z.union([
                z.string(),
                z.looseObject({ cpus: z.number(), memoryMiB: z.number(), diskGiB: z.number().optional() }),
              ]),
              template: z.string().optional(),
              placement: z.record(z.string(), z.unknown()).optional(),
              labels: z.record(z.string(), z.string()).optional(),
              health: z
                .looseObject({
                  replace: z.boolean().optional(),
                  startup: z.string().optional(),
                  notReady: z.string().optional(),
                  maxUnhealthy: z.string().optional(),
                  budgetPerDay: z.number().optional(),
                })
                .optional(),
            }),
          )
          .optional(),
        abandon: z.string().optional(),
        deletion: z.string().optional(),
      })
      .optional(),
  }),
  uid: z.unknown().optional(),
  created: z.unknown().optional(),
  version: z.unknown().optional(),
  generation: z.unknown().optional(),
  deleting: z.unknown().optional(),
  status: z.unknown().optional(),
  warnings: z.unknown().optional(),
});
export type ClusterInput = z.infer<typeof ClusterInput>;

const RolloutInput = z.looseObject({
  name: z.string().optional(),
  project: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({
    profile: z.string(),
    version: z.string(),
    selector: z.record(z.string(), z.string()).optional(),
    batch: z.number().optional(),
    maxFailures: z.number().optional(),
    soakSeconds: z.number().optional(),
    deadlineSeconds: z.number().optional(),
    offline: z.string().optional(),
    maxOffline: z.number().optional(),
    paused: z.boolean().optional(),
  }),
  uid: z.unknown().optional(),
  created: z.unknown().optional(),
  version: z.unknown().optional(),
  generation: z.unknown().optional(),
  deleting: z.unknown().optional(),
  status: z.unknown().optional(),
  warnings: z.unknown().optional(),
});
export type RolloutInput = z.infer<typeof RolloutInput>;

const AlertReceiverInput = z.looseObject({
  name: z.string().optional(),
  project: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({
    severity: z.string().optional(),
    webhook: z
      .looseObject({
        url: z.string(),
        ca: z.string().optional(),
        secret: z.looseObject({ name: z.string(), key: z.string() }).optional(),
      })
      .optional(),
    email: z
      .looseObject({
        server: z.string(),
        tls: z.string().optional(),
        ca: z.string().optional(),
        from: z.string(),
        to: z.array(z.string()),
        username: z.string().optional(),
        password: z.looseObject({ name: z.string(), key: z.string() }).optional(),
      })
      .optional(),
    events: z.boolean().optional(),
  }),
  uid: z.unknown().optional(),
  created: z.unknown().optional(),
  version: z.unknown().optional(),
  generation: z.unknown().optional(),
  deleting: z.unknown().optional(),
  status: z.unknown().optional(),
  warnings: z.unknown().optional(),
});
export type AlertReceiverInput = z.infer<typeof AlertReceiverInput>;

const PastedToken = z.looseObject({ token: z.string() });
export type PastedToken = z.infer<typeof PastedToken>;

const AuthorityRetirement = z.looseObject({ leave: z.array(z.string()).optional() });
export type AuthorityRetirement = z.infer<typeof AuthorityRetirement>;

const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().optional(),
  instance: z.string(),
  code: z.string(),
  subject: z.string(),
  remedy: z.string(),
  errors: z
    .array(
      z.looseObject({
        pointer: z.string(),
        detail: z.string(),
        code: z.string(),
        within: z.string().optional(),
        path: z.string(),
        message: z.string(),
      }),
    )
    .optional(),
  ways: z.array(z.string()).optional(),
  issuer: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** What each operation takes and gives, by method and path. */
export interface Operations {
  /** Says that the process answers */
  'GET /healthz': { readonly input: object; readonly answer: Health };
  /** Says whether the registry and the API server can be worked with */
  'GET /readyz': { readonly input: object; readonly answer: Readiness };
  /** Says which version of Skerry this is */
  'GET /version': { readonly input: object; readonly answer: Version };
  /** Lists the packs, each with its newest version */
  'GET /api/v1/packs': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly project?: string | undefined;
          }
        | undefined;
    };
    readonly answer: PackList;
  };
  /** Lists a pack's versions, the newest first */
  'GET /api/v1/packs/{name}': {
    readonly input: {
      readonly params: { readonly name: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly project?: string | undefined;
          }
        | undefined;
    };
    readonly answer: PackVersionList;
  };
  /** Everything about one version of a pack */
  'GET /api/v1/packs/{name}/versions/{version}': {
    readonly input: {
      readonly params: { readonly name: string; readonly version: string };
      readonly query?: { readonly project?: string | undefined } | undefined;
    };
    readonly answer: Pack;
  };
  /** Lists the projects that the user may see */
  'GET /api/v1/projects': {
    readonly input: {
      readonly query?:
        | { readonly limit?: number | undefined; readonly continue?: string | undefined }
        | undefined;
    };
    readonly answer: ProjectList;
  };
  /** Makes a project with its members */
  'POST /api/v1/projects': {
    readonly input: {
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'idempotency-key'?: string | undefined } | undefined;
      readonly body: ProjectInput;
    };
    readonly answer: Project;
  };
  /** Reads a project */
  'GET /api/v1/projects/{project}': {
    readonly input: { readonly params: { readonly project: string } };
    readonly answer: Project;
  };
  /** Deletes a project that has no clusters, with all that is in its namespace */
  'DELETE /api/v1/projects/{project}': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Lists the members of a project with their roles */
  'GET /api/v1/projects/{project}/members': {
    readonly input: { readonly params: { readonly project: string } };
    readonly answer: ProjectMembers;
  };
  /** Gives roles to exactly these members */
  'PUT /api/v1/projects/{project}/members': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
      readonly body: ProjectMembersInput;
    };
    readonly answer: ProjectMembers;
  };
  /** Lists or watches the clusterprofiles of a project */
  'GET /api/v1/projects/{project}/clusterprofiles': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: ClusterProfileList;
  };
  /** Makes one of the clusterprofiles */
  'POST /api/v1/projects/{project}/clusterprofiles': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'idempotency-key'?: string | undefined } | undefined;
      readonly body: ClusterProfileInput;
    };
    readonly answer: ClusterProfile;
  };
  /** Lists the clusterprofiles of all projects that the user may see, or watches those of all */
  'GET /api/v1/clusterprofiles': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: ClusterProfileList;
  };
  /** Reads one of the clusterprofiles */
  'GET /api/v1/projects/{project}/clusterprofiles/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: ClusterProfile;
  };
  /** Replaces one of the clusterprofiles, or makes it */
  'PUT /api/v1/projects/{project}/clusterprofiles/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?:
        | { readonly 'if-match'?: string | undefined; readonly 'if-none-match'?: '*' | undefined }
        | undefined;
      readonly body: ClusterProfileInput;
    };
    readonly answer: ClusterProfile;
  };
  /** Changes labels and spec of one of the clusterprofiles */
  'PATCH /api/v1/projects/{project}/clusterprofiles/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
      readonly body: Patch;
    };
    readonly answer: ClusterProfile;
  };
  /** Deletes one of the clusterprofiles */
  'DELETE /api/v1/projects/{project}/clusterprofiles/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Lists or watches the cloudaccounts of a project */
  'GET /api/v1/projects/{project}/cloudaccounts': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: CloudAccountList;
  };
  /** Makes one of the cloudaccounts */
  'POST /api/v1/projects/{project}/cloudaccounts': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'idempotency-key'?: string | undefined } | undefined;
      readonly body: CloudAccountInput;
    };
    readonly answer: CloudAccount;
  };
  /** Lists the cloudaccounts of all projects that the user may see, or watches those of all */
  'GET /api/v1/cloudaccounts': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: CloudAccountList;
  };
  /** Reads one of the cloudaccounts */
  'GET /api/v1/projects/{project}/cloudaccounts/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: CloudAccount;
  };
  /** Replaces one of the cloudaccounts, or makes it */
  'PUT /api/v1/projects/{project}/cloudaccounts/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?:
        | { readonly 'if-match'?: string | undefined; readonly 'if-none-match'?: '*' | undefined }
        | undefined;
      readonly body: CloudAccountInput;
    };
    readonly answer: CloudAccount;
  };
  /** Changes labels and spec of one of the cloudaccounts */
  'PATCH /api/v1/projects/{project}/cloudaccounts/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
      readonly body: Patch;
    };
    readonly answer: CloudAccount;
  };
  /** Deletes one of the cloudaccounts */
  'DELETE /api/v1/projects/{project}/cloudaccounts/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Lists or watches the gateways of a project */
  'GET /api/v1/projects/{project}/gateways': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: GatewayList;
  };
  /** Makes one of the gateways */
  'POST /api/v1/projects/{project}/gateways': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'idempotency-key'?: string | undefined } | undefined;
      readonly body: GatewayInput;
    };
    readonly answer: Gateway;
  };
  /** Lists the gateways of all projects that the user may see, or watches those of all */
  'GET /api/v1/gateways': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: GatewayList;
  };
  /** Reads one of the gateways */
  'GET /api/v1/projects/{project}/gateways/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: Gateway;
  };
  /** Replaces one of the gateways, or makes it */
  'PUT /api/v1/projects/{project}/gateways/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?:
        | { readonly 'if-match'?: string | undefined; readonly 'if-none-match'?: '*' | undefined }
        | undefined;
      readonly body: GatewayInput;
    };
    readonly answer: Gateway;
  };
  /** Changes labels and spec of one of the gateways */
  'PATCH /api/v1/projects/{project}/gateways/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
      readonly body: Patch;
    };
    readonly answer: Gateway;
  };
  /** Deletes one of the gateways */
  'DELETE /api/v1/projects/{project}/gateways/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Lists or watches the packregistries of a project */
  'GET /api/v1/projects/{project}/packregistries': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: PackRegistryList;
  };
  /** Makes one of the packregistries */
  'POST /api/v1/projects/{project}/packregistries': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'idempotency-key'?: string | undefined } | undefined;
      readonly body: PackRegistryInput;
    };
    readonly answer: PackRegistry;
  };
  /** Lists the packregistries of all projects that the user may see, or watches those of all */
  'GET /api/v1/packregistries': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: PackRegistryList;
  };
  /** Reads one of the packregistries */
  'GET /api/v1/projects/{project}/packregistries/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: PackRegistry;
  };
  /** Replaces one of the packregistries, or makes it */
  'PUT /api/v1/projects/{project}/packregistries/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?:
        | { readonly 'if-match'?: string | undefined; readonly 'if-none-match'?: '*' | undefined }
        | undefined;
      readonly body: PackRegistryInput;
    };
    readonly answer: PackRegistry;
  };
  /** Changes labels and spec of one of the packregistries */
  'PATCH /api/v1/projects/{project}/packregistries/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
      readonly body: Patch;
    };
    readonly answer: PackRegistry;
  };
  /** Deletes one of the packregistries */
  'DELETE /api/v1/projects/{project}/packregistries/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Lists or watches the clusters of a project */
  'GET /api/v1/projects/{project}/clusters': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: ClusterList;
  };
  /** Makes one of the clusters */
  'POST /api/v1/projects/{project}/clusters': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'idempotency-key'?: string | undefined } | undefined;
      readonly body: ClusterInput;
    };
    readonly answer: Cluster;
  };
  /** Lists the clusters of all projects that the user may see, or watches those of all */
  'GET /api/v1/clusters': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: ClusterList;
  };
  /** Reads one of the clusters */
  'GET /api/v1/projects/{project}/clusters/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: Cluster;
  };
  /** Replaces one of the clusters, or makes it */
  'PUT /api/v1/projects/{project}/clusters/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?:
        | { readonly 'if-match'?: string | undefined; readonly 'if-none-match'?: '*' | undefined }
        | undefined;
      readonly body: ClusterInput;
    };
    readonly answer: Cluster;
  };
  /** Changes labels and spec of one of the clusters */
  'PATCH /api/v1/projects/{project}/clusters/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
      readonly body: Patch;
    };
    readonly answer: Cluster;
  };
  /** Deletes one of the clusters */
  'DELETE /api/v1/projects/{project}/clusters/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Lists or watches the enrollments of a project */
  'GET /api/v1/projects/{project}/enrollments': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: EnrollmentList;
  };
  /** Lists the enrollments of all projects that the user may see, or watches those of all */
  'GET /api/v1/enrollments': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: EnrollmentList;
  };
  /** Reads one of the enrollments */
  'GET /api/v1/projects/{project}/enrollments/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: Enrollment;
  };
  /** Deletes one of the enrollments */
  'DELETE /api/v1/projects/{project}/enrollments/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Lists or watches the clusterrevisions of a project */
  'GET /api/v1/projects/{project}/clusterrevisions': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: ClusterRevisionList;
  };
  /** Lists the clusterrevisions of all projects that the user may see, or watches those of all */
  'GET /api/v1/clusterrevisions': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: ClusterRevisionList;
  };
  /** Reads one of the clusterrevisions */
  'GET /api/v1/projects/{project}/clusterrevisions/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: ClusterRevision;
  };
  /** Lists or watches the rollouts of a project */
  'GET /api/v1/projects/{project}/rollouts': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: RolloutList;
  };
  /** Makes one of the rollouts */
  'POST /api/v1/projects/{project}/rollouts': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'idempotency-key'?: string | undefined } | undefined;
      readonly body: RolloutInput;
    };
    readonly answer: Rollout;
  };
  /** Lists the rollouts of all projects that the user may see, or watches those of all */
  'GET /api/v1/rollouts': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: RolloutList;
  };
  /** Reads one of the rollouts */
  'GET /api/v1/projects/{project}/rollouts/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: Rollout;
  };
  /** Replaces one of the rollouts, or makes it */
  'PUT /api/v1/projects/{project}/rollouts/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?:
        | { readonly 'if-match'?: string | undefined; readonly 'if-none-match'?: '*' | undefined }
        | undefined;
      readonly body: RolloutInput;
    };
    readonly answer: Rollout;
  };
  /** Changes labels and spec of one of the rollouts */
  'PATCH /api/v1/projects/{project}/rollouts/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
      readonly body: Patch;
    };
    readonly answer: Rollout;
  };
  /** Deletes one of the rollouts */
  'DELETE /api/v1/projects/{project}/rollouts/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Lists or watches the alerts of a project */
  'GET /api/v1/projects/{project}/alerts': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: AlertList;
  };
  /** Lists the alerts of all projects that the user may see, or watches those of all */
  'GET /api/v1/alerts': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: AlertList;
  };
  /** Reads one of the alerts */
  'GET /api/v1/projects/{project}/alerts/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: Alert;
  };
  /** Lists or watches the alertreceivers of a project */
  'GET /api/v1/projects/{project}/alertreceivers': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: AlertReceiverList;
  };
  /** Makes one of the alertreceivers */
  'POST /api/v1/projects/{project}/alertreceivers': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'idempotency-key'?: string | undefined } | undefined;
      readonly body: AlertReceiverInput;
    };
    readonly answer: AlertReceiver;
  };
  /** Lists the alertreceivers of all projects that the user may see, or watches those of all */
  'GET /api/v1/alertreceivers': {
    readonly input: {
      readonly query?:
        | {
            readonly limit?: number | undefined;
            readonly continue?: string | undefined;
            readonly labelSelector?: string | undefined;
            readonly filter?: string | undefined;
            readonly state?: string | undefined;
            readonly sort?: ('name' | '-name' | 'age' | '-age' | 'state' | '-state') | undefined;
          }
        | undefined;
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: AlertReceiverList;
  };
  /** Reads one of the alertreceivers */
  'GET /api/v1/projects/{project}/alertreceivers/{name}': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: AlertReceiver;
  };
  /** Replaces one of the alertreceivers, or makes it */
  'PUT /api/v1/projects/{project}/alertreceivers/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?:
        | { readonly 'if-match'?: string | undefined; readonly 'if-none-match'?: '*' | undefined }
        | undefined;
      readonly body: AlertReceiverInput;
    };
    readonly answer: AlertReceiver;
  };
  /** Changes labels and spec of one of the alertreceivers */
  'PATCH /api/v1/projects/{project}/alertreceivers/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
      readonly body: Patch;
    };
    readonly answer: AlertReceiver;
  };
  /** Deletes one of the alertreceivers */
  'DELETE /api/v1/projects/{project}/alertreceivers/{name}': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly headers?: { readonly 'if-match'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Tells all objects of some kinds, and then every change to them */
  'GET /api/v1/watch': {
    readonly input: {
      readonly query: {
        readonly kinds: string;
        readonly project?: string | undefined;
        readonly cursor?: string | undefined;
      };
      readonly headers?: { readonly 'last-event-id'?: string | undefined } | undefined;
    };
    readonly answer: unknown;
  };
  /** Says who asks, and how one may sign in */
  'GET /auth/session': { readonly input: object; readonly answer: Session };
  /** Says with which identity provider programs sign in */
  'GET /auth/issuer': { readonly input: object; readonly answer: Issuer };
  /** Sends a browser to the identity provider */
  'GET /auth/login': {
    readonly input: { readonly query?: { readonly return?: string | undefined } | undefined };
    readonly answer: unknown;
  };
  /** Takes a browser back from the identity provider */
  'GET /auth/callback': {
    readonly input: { readonly query: { readonly state: string } };
    readonly answer: unknown;
  };
  /** Begins a session with the token of a Kubernetes user, for a browser */
  'POST /auth/token': { readonly input: { readonly body: PastedToken }; readonly answer: Session };
  /** Ends a browser's session */
  'POST /auth/logout': { readonly input: object; readonly answer: LoggedOut };
  /** Says what the user may do in a project, or everywhere */
  'GET /auth/access': {
    readonly input: { readonly query?: { readonly project?: string | undefined } | undefined };
    readonly answer: Access;
  };
  /** A page of the hub's audit */
  'GET /api/v1/audit': {
    readonly input: { readonly query?: { readonly page?: number | undefined } | undefined };
    readonly answer: AuditPage;
  };
  /** The release that is installed, how it came there, and what runs by digest */
  'GET /api/v1/platform/installation': { readonly input: object; readonly answer: Installation };
  /** What the installed release is made of, and the signatures beside it */
  'GET /api/v1/platform/content': { readonly input: object; readonly answer: InstalledContent };
  /** How full the registry is, and what garbage collection would give back */
  'GET /api/v1/platform/storage': { readonly input: object; readonly answer: Storage };
  /** The upgrade channel as the installer saw it last, and the releases that are here */
  'GET /api/v1/platform/channel': { readonly input: object; readonly answer: Channel };
  /** The authorities and signing keys of the hub, and which agents know the latest */
  'GET /api/v1/authority': { readonly input: object; readonly answer: AuthorityState };
  /** Makes another authority and signing key, which agents learn of from then on */
  'POST /api/v1/authority/rotate': {
    readonly input: { readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined };
    readonly answer: AuthorityState;
  };
  /** Uses the latest authority and signing key, and no longer trusts the one before */
  'POST /api/v1/authority/retire': {
    readonly input: {
      readonly query?: { readonly dryRun?: ('true' | 'false') | undefined } | undefined;
      readonly body: AuthorityRetirement;
    };
    readonly answer: AuthorityState;
  };
  /** What a cluster, as it is, gets beside what it was given last */
  'GET /api/v1/projects/{project}/clusters/{name}/plan': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?:
        | { readonly limit?: number | undefined; readonly continue?: string | undefined }
        | undefined;
    };
    readonly answer: Plan;
  };
  /** What would become of a cluster, layer by layer */
  'POST /api/v1/projects/{project}/clusters/{name}/plan': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?:
        | { readonly limit?: number | undefined; readonly continue?: string | undefined }
        | undefined;
      readonly body: ClusterInput;
    };
    readonly answer: Plan;
  };
  /** What would become of the clusters that have a profile in any version, with this one */
  'GET /api/v1/projects/{project}/clusterprofiles/{name}/plan': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?:
        | { readonly limit?: number | undefined; readonly continue?: string | undefined }
        | undefined;
    };
    readonly answer: Plan;
  };
  /** What would become of the clusters that have a profile, with a version that is still to be made */
  'POST /api/v1/projects/{project}/clusterprofiles/{name}/plan': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly query?:
        | { readonly limit?: number | undefined; readonly continue?: string | undefined }
        | undefined;
      readonly body: ClusterProfileInput;
    };
    readonly answer: Plan;
  };
  /** Which clusters a rollout changes in which batch, from where it stands */
  'GET /api/v1/projects/{project}/rollouts/{name}/plan': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: RolloutPlan;
  };
  /** Which clusters a rollout that is still to be made would change in which batch */
  'POST /api/v1/projects/{project}/rollouts/{name}/plan': {
    readonly input: {
      readonly params: { readonly project: string; readonly name: string };
      readonly body: RolloutInput;
    };
    readonly answer: RolloutPlan;
  };
  /** A kubeconfig with which kubectl asks skerry for the user’s own token */
  'GET /api/v1/projects/{project}/clusters/{name}/kubeconfig': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: ClusterKubeconfig;
  };
  /** The messages for the agent of a cluster, and the packs that they need, for a stick */
  'GET /api/v1/projects/{project}/clusters/{name}/export': {
    readonly input: { readonly params: { readonly project: string; readonly name: string } };
    readonly answer: ClusterExport;
  };
  /** Takes the report file of an agent of the project */
  'POST /api/v1/projects/{project}/reports': {
    readonly input: {
      readonly params: { readonly project: string };
      readonly body: { readonly payloadType: string; readonly payload: string };
    };
    readonly answer: TakenReport;
  };
  /** This document */
  'GET /openapi.json': { readonly input: object; readonly answer: OpenApi };
}

export interface Described<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly contentType: string | undefined;
  /** Can be watched as server-sent events. */
  readonly watchable: boolean;
  readonly answer: z.ZodType<T>;
}

export const operations: { readonly [N in keyof Operations]: Described<Operations[N]['answer']> } = {
  'GET /healthz': {
    method: 'GET',
    path: '/healthz',
    contentType: undefined,
    watchable: false,
    answer: Health,
  },
  'GET /readyz': {
    method: 'GET',
    path: '/readyz',
    contentType: undefined,
    watchable: false,
    answer: Readiness,
  },
  'GET /version': {
    method: 'GET',
    path: '/version',
    contentType: undefined,
    watchable: false,
    answer: Version,
  },
  'GET /api/v1/packs': {
    method: 'GET',
    path: '/api/v1/packs',
    contentType: undefined,
    watchable: false,
    answer: PackList,
  },
  'GET /api/v1/packs/{name}': {
    method: 'GET',
    path: '/api/v1/packs/{name}',
    contentType: undefined,
    watchable: false,
    answer: PackVersionList,
  },
  'GET /api/v1/packs/{name}/versions/{version}': {
    method: 'GET',
    path: '/api/v1/packs/{name}/versions/{version}',
    contentType: undefined,
    watchable: false,
    answer: Pack,
  },
  'GET /api/v1/projects': {
    method: 'GET',
    path: '/api/v1/projects',
    contentType: undefined,
    watchable: false,
    answer: ProjectList,
  },
  'POST /api/v1/projects': {
    method: 'POST',
    path: '/api/v1/projects',
    contentType: 'application/json',
    watchable: false,
    answer: Project,
  },
  'GET /api/v1/projects/{project}': {
    method: 'GET',
    path: '/api/v1/projects/{project}',
    contentType: undefined,
    watchable: false,
    answer: Project,
  },
  'DELETE /api/v1/projects/{project}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/projects/{project}/members': {
    method: 'GET',
    path: '/api/v1/projects/{project}/members',
    contentType: undefined,
    watchable: false,
    answer: ProjectMembers,
  },
  'PUT /api/v1/projects/{project}/members': {
    method: 'PUT',
    path: '/api/v1/projects/{project}/members',
    contentType: 'application/json',
    watchable: false,
    answer: ProjectMembers,
  },
  'GET /api/v1/projects/{project}/clusterprofiles': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusterprofiles',
    contentType: undefined,
    watchable: true,
    answer: ClusterProfileList,
  },
  'POST /api/v1/projects/{project}/clusterprofiles': {
    method: 'POST',
    path: '/api/v1/projects/{project}/clusterprofiles',
    contentType: 'application/json',
    watchable: false,
    answer: ClusterProfile,
  },
  'GET /api/v1/clusterprofiles': {
    method: 'GET',
    path: '/api/v1/clusterprofiles',
    contentType: undefined,
    watchable: true,
    answer: ClusterProfileList,
  },
  'GET /api/v1/projects/{project}/clusterprofiles/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusterprofiles/{name}',
    contentType: undefined,
    watchable: false,
    answer: ClusterProfile,
  },
  'PUT /api/v1/projects/{project}/clusterprofiles/{name}': {
    method: 'PUT',
    path: '/api/v1/projects/{project}/clusterprofiles/{name}',
    contentType: 'application/json',
    watchable: false,
    answer: ClusterProfile,
  },
  'PATCH /api/v1/projects/{project}/clusterprofiles/{name}': {
    method: 'PATCH',
    path: '/api/v1/projects/{project}/clusterprofiles/{name}',
    contentType: 'application/merge-patch+json',
    watchable: false,
    answer: ClusterProfile,
  },
  'DELETE /api/v1/projects/{project}/clusterprofiles/{name}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}/clusterprofiles/{name}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/projects/{project}/cloudaccounts': {
    method: 'GET',
    path: '/api/v1/projects/{project}/cloudaccounts',
    contentType: undefined,
    watchable: true,
    answer: CloudAccountList,
  },
  'POST /api/v1/projects/{project}/cloudaccounts': {
    method: 'POST',
    path: '/api/v1/projects/{project}/cloudaccounts',
    contentType: 'application/json',
    watchable: false,
    answer: CloudAccount,
  },
  'GET /api/v1/cloudaccounts': {
    method: 'GET',
    path: '/api/v1/cloudaccounts',
    contentType: undefined,
    watchable: true,
    answer: CloudAccountList,
  },
  'GET /api/v1/projects/{project}/cloudaccounts/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/cloudaccounts/{name}',
    contentType: undefined,
    watchable: false,
    answer: CloudAccount,
  },
  'PUT /api/v1/projects/{project}/cloudaccounts/{name}': {
    method: 'PUT',
    path: '/api/v1/projects/{project}/cloudaccounts/{name}',
    contentType: 'application/json',
    watchable: false,
    answer: CloudAccount,
  },
  'PATCH /api/v1/projects/{project}/cloudaccounts/{name}': {
    method: 'PATCH',
    path: '/api/v1/projects/{project}/cloudaccounts/{name}',
    contentType: 'application/merge-patch+json',
    watchable: false,
    answer: CloudAccount,
  },
  'DELETE /api/v1/projects/{project}/cloudaccounts/{name}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}/cloudaccounts/{name}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/projects/{project}/gateways': {
    method: 'GET',
    path: '/api/v1/projects/{project}/gateways',
    contentType: undefined,
    watchable: true,
    answer: GatewayList,
  },
  'POST /api/v1/projects/{project}/gateways': {
    method: 'POST',
    path: '/api/v1/projects/{project}/gateways',
    contentType: 'application/json',
    watchable: false,
    answer: Gateway,
  },
  'GET /api/v1/gateways': {
    method: 'GET',
    path: '/api/v1/gateways',
    contentType: undefined,
    watchable: true,
    answer: GatewayList,
  },
  'GET /api/v1/projects/{project}/gateways/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/gateways/{name}',
    contentType: undefined,
    watchable: false,
    answer: Gateway,
  },
  'PUT /api/v1/projects/{project}/gateways/{name}': {
    method: 'PUT',
    path: '/api/v1/projects/{project}/gateways/{name}',
    contentType: 'application/json',
    watchable: false,
    answer: Gateway,
  },
  'PATCH /api/v1/projects/{project}/gateways/{name}': {
    method: 'PATCH',
    path: '/api/v1/projects/{project}/gateways/{name}',
    contentType: 'application/merge-patch+json',
    watchable: false,
    answer: Gateway,
  },
  'DELETE /api/v1/projects/{project}/gateways/{name}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}/gateways/{name}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/projects/{project}/packregistries': {
    method: 'GET',
    path: '/api/v1/projects/{project}/packregistries',
    contentType: undefined,
    watchable: true,
    answer: PackRegistryList,
  },
  'POST /api/v1/projects/{project}/packregistries': {
    method: 'POST',
    path: '/api/v1/projects/{project}/packregistries',
    contentType: 'application/json',
    watchable: false,
    answer: PackRegistry,
  },
  'GET /api/v1/packregistries': {
    method: 'GET',
    path: '/api/v1/packregistries',
    contentType: undefined,
    watchable: true,
    answer: PackRegistryList,
  },
  'GET /api/v1/projects/{project}/packregistries/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/packregistries/{name}',
    contentType: undefined,
    watchable: false,
    answer: PackRegistry,
  },
  'PUT /api/v1/projects/{project}/packregistries/{name}': {
    method: 'PUT',
    path: '/api/v1/projects/{project}/packregistries/{name}',
    contentType: 'application/json',
    watchable: false,
    answer: PackRegistry,
  },
  'PATCH /api/v1/projects/{project}/packregistries/{name}': {
    method: 'PATCH',
    path: '/api/v1/projects/{project}/packregistries/{name}',
    contentType: 'application/merge-patch+json',
    watchable: false,
    answer: PackRegistry,
  },
  'DELETE /api/v1/projects/{project}/packregistries/{name}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}/packregistries/{name}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/projects/{project}/clusters': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusters',
    contentType: undefined,
    watchable: true,
    answer: ClusterList,
  },
  'POST /api/v1/projects/{project}/clusters': {
    method: 'POST',
    path: '/api/v1/projects/{project}/clusters',
    contentType: 'application/json',
    watchable: false,
    answer: Cluster,
  },
  'GET /api/v1/clusters': {
    method: 'GET',
    path: '/api/v1/clusters',
    contentType: undefined,
    watchable: true,
    answer: ClusterList,
  },
  'GET /api/v1/projects/{project}/clusters/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusters/{name}',
    contentType: undefined,
    watchable: false,
    answer: Cluster,
  },
  'PUT /api/v1/projects/{project}/clusters/{name}': {
    method: 'PUT',
    path: '/api/v1/projects/{project}/clusters/{name}',
    contentType: 'application/json',
    watchable: false,
    answer: Cluster,
  },
  'PATCH /api/v1/projects/{project}/clusters/{name}': {
    method: 'PATCH',
    path: '/api/v1/projects/{project}/clusters/{name}',
    contentType: 'application/merge-patch+json',
    watchable: false,
    answer: Cluster,
  },
  'DELETE /api/v1/projects/{project}/clusters/{name}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}/clusters/{name}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/projects/{project}/enrollments': {
    method: 'GET',
    path: '/api/v1/projects/{project}/enrollments',
    contentType: undefined,
    watchable: true,
    answer: EnrollmentList,
  },
  'GET /api/v1/enrollments': {
    method: 'GET',
    path: '/api/v1/enrollments',
    contentType: undefined,
    watchable: true,
    answer: EnrollmentList,
  },
  'GET /api/v1/projects/{project}/enrollments/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/enrollments/{name}',
    contentType: undefined,
    watchable: false,
    answer: Enrollment,
  },
  'DELETE /api/v1/projects/{project}/enrollments/{name}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}/enrollments/{name}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/projects/{project}/clusterrevisions': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusterrevisions',
    contentType: undefined,
    watchable: true,
    answer: ClusterRevisionList,
  },
  'GET /api/v1/clusterrevisions': {
    method: 'GET',
    path: '/api/v1/clusterrevisions',
    contentType: undefined,
    watchable: true,
    answer: ClusterRevisionList,
  },
  'GET /api/v1/projects/{project}/clusterrevisions/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusterrevisions/{name}',
    contentType: undefined,
    watchable: false,
    answer: ClusterRevision,
  },
  'GET /api/v1/projects/{project}/rollouts': {
    method: 'GET',
    path: '/api/v1/projects/{project}/rollouts',
    contentType: undefined,
    watchable: true,
    answer: RolloutList,
  },
  'POST /api/v1/projects/{project}/rollouts': {
    method: 'POST',
    path: '/api/v1/projects/{project}/rollouts',
    contentType: 'application/json',
    watchable: false,
    answer: Rollout,
  },
  'GET /api/v1/rollouts': {
    method: 'GET',
    path: '/api/v1/rollouts',
    contentType: undefined,
    watchable: true,
    answer: RolloutList,
  },
  'GET /api/v1/projects/{project}/rollouts/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/rollouts/{name}',
    contentType: undefined,
    watchable: false,
    answer: Rollout,
  },
  'PUT /api/v1/projects/{project}/rollouts/{name}': {
    method: 'PUT',
    path: '/api/v1/projects/{project}/rollouts/{name}',
    contentType: 'application/json',
    watchable: false,
    answer: Rollout,
  },
  'PATCH /api/v1/projects/{project}/rollouts/{name}': {
    method: 'PATCH',
    path: '/api/v1/projects/{project}/rollouts/{name}',
    contentType: 'application/merge-patch+json',
    watchable: false,
    answer: Rollout,
  },
  'DELETE /api/v1/projects/{project}/rollouts/{name}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}/rollouts/{name}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/projects/{project}/alerts': {
    method: 'GET',
    path: '/api/v1/projects/{project}/alerts',
    contentType: undefined,
    watchable: true,
    answer: AlertList,
  },
  'GET /api/v1/alerts': {
    method: 'GET',
    path: '/api/v1/alerts',
    contentType: undefined,
    watchable: true,
    answer: AlertList,
  },
  'GET /api/v1/projects/{project}/alerts/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/alerts/{name}',
    contentType: undefined,
    watchable: false,
    answer: Alert,
  },
  'GET /api/v1/projects/{project}/alertreceivers': {
    method: 'GET',
    path: '/api/v1/projects/{project}/alertreceivers',
    contentType: undefined,
    watchable: true,
    answer: AlertReceiverList,
  },
  'POST /api/v1/projects/{project}/alertreceivers': {
    method: 'POST',
    path: '/api/v1/projects/{project}/alertreceivers',
    contentType: 'application/json',
    watchable: false,
    answer: AlertReceiver,
  },
  'GET /api/v1/alertreceivers': {
    method: 'GET',
    path: '/api/v1/alertreceivers',
    contentType: undefined,
    watchable: true,
    answer: AlertReceiverList,
  },
  'GET /api/v1/projects/{project}/alertreceivers/{name}': {
    method: 'GET',
    path: '/api/v1/projects/{project}/alertreceivers/{name}',
    contentType: undefined,
    watchable: false,
    answer: AlertReceiver,
  },
  'PUT /api/v1/projects/{project}/alertreceivers/{name}': {
    method: 'PUT',
    path: '/api/v1/projects/{project}/alertreceivers/{name}',
    contentType: 'application/json',
    watchable: false,
    answer: AlertReceiver,
  },
  'PATCH /api/v1/projects/{project}/alertreceivers/{name}': {
    method: 'PATCH',
    path: '/api/v1/projects/{project}/alertreceivers/{name}',
    contentType: 'application/merge-patch+json',
    watchable: false,
    answer: AlertReceiver,
  },
  'DELETE /api/v1/projects/{project}/alertreceivers/{name}': {
    method: 'DELETE',
    path: '/api/v1/projects/{project}/alertreceivers/{name}',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /api/v1/watch': {
    method: 'GET',
    path: '/api/v1/watch',
    contentType: undefined,
    watchable: true,
    answer: z.unknown(),
  },
  'GET /auth/session': {
    method: 'GET',
    path: '/auth/session',
    contentType: undefined,
    watchable: false,
    answer: Session,
  },
  'GET /auth/issuer': {
    method: 'GET',
    path: '/auth/issuer',
    contentType: undefined,
    watchable: false,
    answer: Issuer,
  },
  'GET /auth/login': {
    method: 'GET',
    path: '/auth/login',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'GET /auth/callback': {
    method: 'GET',
    path: '/auth/callback',
    contentType: undefined,
    watchable: false,
    answer: z.unknown(),
  },
  'POST /auth/token': {
    method: 'POST',
    path: '/auth/token',
    contentType: 'application/json',
    watchable: false,
    answer: Session,
  },
  'POST /auth/logout': {
    method: 'POST',
    path: '/auth/logout',
    contentType: undefined,
    watchable: false,
    answer: LoggedOut,
  },
  'GET /auth/access': {
    method: 'GET',
    path: '/auth/access',
    contentType: undefined,
    watchable: false,
    answer: Access,
  },
  'GET /api/v1/audit': {
    method: 'GET',
    path: '/api/v1/audit',
    contentType: undefined,
    watchable: false,
    answer: AuditPage,
  },
  'GET /api/v1/platform/installation': {
    method: 'GET',
    path: '/api/v1/platform/installation',
    contentType: undefined,
    watchable: false,
    answer: Installation,
  },
  'GET /api/v1/platform/content': {
    method: 'GET',
    path: '/api/v1/platform/content',
    contentType: undefined,
    watchable: false,
    answer: InstalledContent,
  },
  'GET /api/v1/platform/storage': {
    method: 'GET',
    path: '/api/v1/platform/storage',
    contentType: undefined,
    watchable: false,
    answer: Storage,
  },
  'GET /api/v1/platform/channel': {
    method: 'GET',
    path: '/api/v1/platform/channel',
    contentType: undefined,
    watchable: false,
    answer: Channel,
  },
  'GET /api/v1/authority': {
    method: 'GET',
    path: '/api/v1/authority',
    contentType: undefined,
    watchable: false,
    answer: AuthorityState,
  },
  'POST /api/v1/authority/rotate': {
    method: 'POST',
    path: '/api/v1/authority/rotate',
    contentType: undefined,
    watchable: false,
    answer: AuthorityState,
  },
  'POST /api/v1/authority/retire': {
    method: 'POST',
    path: '/api/v1/authority/retire',
    contentType: 'application/json',
    watchable: false,
    answer: AuthorityState,
  },
  'GET /api/v1/projects/{project}/clusters/{name}/plan': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusters/{name}/plan',
    contentType: undefined,
    watchable: false,
    answer: Plan,
  },
  'POST /api/v1/projects/{project}/clusters/{name}/plan': {
    method: 'POST',
    path: '/api/v1/projects/{project}/clusters/{name}/plan',
    contentType: 'application/json',
    watchable: false,
    answer: Plan,
  },
  'GET /api/v1/projects/{project}/clusterprofiles/{name}/plan': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusterprofiles/{name}/plan',
    contentType: undefined,
    watchable: false,
    answer: Plan,
  },
  'POST /api/v1/projects/{project}/clusterprofiles/{name}/plan': {
    method: 'POST',
    path: '/api/v1/projects/{project}/clusterprofiles/{name}/plan',
    contentType: 'application/json',
    watchable: false,
    answer: Plan,
  },
  'GET /api/v1/projects/{project}/rollouts/{name}/plan': {
    method: 'GET',
    path: '/api/v1/projects/{project}/rollouts/{name}/plan',
    contentType: undefined,
    watchable: false,
    answer: RolloutPlan,
  },
  'POST /api/v1/projects/{project}/rollouts/{name}/plan': {
    method: 'POST',
    path: '/api/v1/projects/{project}/rollouts/{name}/plan',
    contentType: 'application/json',
    watchable: false,
    answer: RolloutPlan,
  },
  'GET /api/v1/projects/{project}/clusters/{name}/kubeconfig': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusters/{name}/kubeconfig',
    contentType: undefined,
    watchable: false,
    answer: ClusterKubeconfig,
  },
  'GET /api/v1/projects/{project}/clusters/{name}/export': {
    method: 'GET',
    path: '/api/v1/projects/{project}/clusters/{name}/export',
    contentType: undefined,
    watchable: false,
    answer: ClusterExport,
  },
  'POST /api/v1/projects/{project}/reports': {
    method: 'POST',
    path: '/api/v1/projects/{project}/reports',
    contentType: 'application/json',
    watchable: false,
    answer: TakenReport,
  },
  'GET /openapi.json': {
    method: 'GET',
    path: '/openapi.json',
    contentType: undefined,
    watchable: false,
    answer: OpenApi,
  },
};
