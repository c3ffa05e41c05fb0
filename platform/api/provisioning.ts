import { z } from 'zod';
import { AnyValue, LabelName } from './names.ts';

/** As Kubernetes writes lengths of time, in whole seconds, minutes or hours: `90s`, `5m`, `2h`. */
const Duration = z
  .string()
  .max(10)
  .regex(/^[1-9][0-9]*(s|m|h)$/);

/** What a machine is made with; what only one kind of cloud knows goes into `placement`. */
const MachineShape = {
  size: z
    .union([
      z.string().max(63),
      z.strictObject({
        cpus: z.int().min(1).max(256),
        memoryMiB: z.int().min(512).max(4_194_304),
        diskGiB: z.int().min(1).max(65_536).optional(),
      }),
    ])
    .meta({
      description:
        'A size of the gateway by name, a flavour or instance type of the cloud, or what it is made of.',
      'x-kubernetes-preserve-unknown-fields': true,
    }),
  template: z
    .string()
    .max(253)
    .optional()
    .meta({ description: 'The node template (image) by its name in the cloud; else that of the gateway.' }),
  placement: z
    .record(z.string(), AnyValue)
    .optional()
    .meta({ description: "Laid over the cluster's placement." }),
};

/** When a machine counts as lost, and how many may be replaced before somebody has to look. */
export const MachineHealth = z.strictObject({
  replace: z.boolean().optional().meta({ description: 'False: it is only reported. True when absent.' }),
  startup: Duration.optional().meta({ description: 'Until a new machine has joined; 20m when absent.' }),
  notReady: Duration.optional().meta({
    description: 'How long a node may be not ready or silent; 5m when absent.',
  }),
  maxUnhealthy: z
    .string()
    .max(10)
    .regex(/^([0-9]+|[0-9]{1,2}%|100%)$/)
    .optional()
    .meta({ description: 'With more machines unhealthy than this none is replaced; 40% when absent.' }),
  budgetPerDay: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .meta({ description: 'How many machines of the pool are replaced in 24 hours at most; 3 when absent.' }),
});
export type MachineHealth = z.infer<typeof MachineHealth>;

/** Where the API server of a cluster is reached: an address that is given, or one of a pool of the gateway. */
const Endpoint = z.strictObject({
  host: z.string().max(253).optional(),
  pool: LabelName.optional(),
  port: z.int().min(1).max(65_535).optional().meta({ description: '6443 when absent.' }),
  loadBalancer: z.boolean().optional().meta({
    description:
      'True: a load balancer of the site has the address; else the machines of the control plane hold it themselves.',
  }),
});

const Pool = z.strictObject({
  name: LabelName.max(30),
  replicas: z.int().min(0).max(1000),
  ...MachineShape,
  labels: z.record(z.string().max(317), z.string().max(63)).optional(),
  health: MachineHealth.optional(),
});
export type MachinePool = z.infer<typeof Pool>;

/** Machines to be made for a cluster, and what becomes of them when the cluster is deleted. */
export const Provisioning = z
  .strictObject({
    account: z.string().max(253),
    accountProject: LabelName.optional(),
    placement: z.record(z.string(), AnyValue).optional().meta({
      description: 'Where in the cloud, in the words of its kind: datacenter, folder, network, subnets.',
    }),
    kubernetes: z
      .string()
      .max(32)
      .regex(/^v?1\.[0-9]+(\.[0-9]+)?$/),
    endpoint: Endpoint.optional(),
    addresses: LabelName.optional().meta({
      description: 'The pool of the gateway that machines take their addresses from; DHCP when absent.',
    }),
    podCidr: z.string().max(50).optional(),
    serviceCidr: z.string().max(50).optional(),
    controlPlane: z.strictObject({
      replicas: z.int().min(1).max(9),
      ...MachineShape,
      health: MachineHealth.optional(),
    }),
    pools: z.array(Pool).max(16).optional(),
    abandon: LabelName.optional().meta({
      description:
        "The cluster's own name, when its deletion waits for a gateway that is lost: its machines are left.",
    }),
    deletion: z.enum(['delete', 'orphan', 'protect']).optional().meta({
      description:
        'What becomes of the machines when the cluster is deleted: they go (as when absent), they are left, or the deletion is refused.',
    }),
  })
  .meta({ description: 'A cluster that is to be made; one that exists joins when this is absent.' });
export type Provisioning = z.infer<typeof Provisioning>;
