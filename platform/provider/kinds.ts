// Made by "npm run docs" from platform/api; change it there.
import type { ProviderKind } from './schema/provider-kind.ts';

export const kinds = {
  ClusterProfile: {
    kind: 'ClusterProfile',
    plural: 'clusterprofiles',
    description: 'An ordered, immutable, versioned list of packs with values.',
    spec: [
      {
        name: 'name',
        field: 'name',
        description: 'Name of the profile, the same for all its versions.',
        type: { kind: 'plain', type: 'string' },
        presence: 'required',
      },
      {
        name: 'version',
        field: 'version',
        description: 'Version of the profile.',
        type: { kind: 'plain', type: 'string' },
        presence: 'required',
      },
      {
        name: 'description',
        field: 'description',
        type: { kind: 'plain', type: 'string' },
        presence: 'optional',
      },
      {
        name: 'variables',
        field: 'variables',
        type: {
          kind: 'list',
          attributes: [
            { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'required' },
            {
              name: 'description',
              field: 'description',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'type',
              field: 'type',
              description: 'string when absent.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            { name: 'default', field: 'default', type: { kind: 'dynamic' }, presence: 'optional' },
            {
              name: 'pattern',
              field: 'pattern',
              description: 'A regular expression (RE2) for texts.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'required',
              field: 'required',
              type: { kind: 'plain', type: 'bool' },
              presence: 'optional',
            },
            {
              name: 'sensitive',
              field: 'sensitive',
              description: 'Only given by a Secret, and never shown.',
              type: { kind: 'plain', type: 'bool' },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'packs',
        field: 'packs',
        description: 'The packs in the order in which they are applied.',
        type: {
          kind: 'list',
          attributes: [
            {
              name: 'name',
              field: 'name',
              description: 'Name of the pack in the registry; also of the layer that it makes.',
              type: { kind: 'plain', type: 'string' },
              presence: 'required',
            },
            {
              name: 'version',
              field: 'version',
              description: 'Version of the pack.',
              type: { kind: 'plain', type: 'string' },
              presence: 'required',
            },
            {
              name: 'digest',
              field: 'digest',
              description:
                "Digest of the pack's manifest; it decides what is applied, name and version are for people.",
              type: { kind: 'plain', type: 'string' },
              presence: 'required',
            },
            {
              name: 'registry',
              field: 'registry',
              description: "A PackRegistry of the project; the platform's own registry when absent.",
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'namespace',
              field: 'namespace',
              description: "Where it is applied; the pack's name when absent.",
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'preset',
              field: 'preset',
              description: "One of the pack's presets, laid over its defaults.",
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'values',
              field: 'values',
              description: "YAML laid over the pack's default values, variables filled in.",
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'depends_on',
              field: 'dependsOn',
              description:
                'Packs of the same cluster that must be ready first, besides those that the pack asks for itself.',
              type: { kind: 'plain', type: ['list', 'string'] },
              presence: 'optional',
            },
            {
              name: 'timeout_seconds',
              field: 'timeoutSeconds',
              description: 'For its hooks and for its health gate, each; 300 when absent.',
              type: { kind: 'plain', type: 'number' },
              presence: 'optional',
            },
            {
              name: 'drift',
              field: 'drift',
              description: "What is done about drift; the cluster's policy when absent.",
              type: {
                kind: 'single',
                attributes: [
                  {
                    name: 'mode',
                    field: 'mode',
                    description: 'observe: report it; alert: and raise an alert; correct: put it back.',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  {
                    name: 'ignore',
                    field: 'ignore',
                    type: {
                      kind: 'list',
                      attributes: [
                        {
                          name: 'kind',
                          field: 'kind',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'name',
                          field: 'name',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'field',
                          field: 'field',
                          description:
                            'As the API server writes it, e.g. .spec.replicas; what lies below it is meant too.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'required',
                        },
                      ],
                    },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
            {
              name: 'on_remove',
              field: 'onRemove',
              description: 'What becomes of its objects when it leaves the cluster; prune when absent.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
          ],
        },
        presence: 'required',
      },
    ],
    read: {
      spec: [
        {
          name: 'name',
          field: 'name',
          description: 'Name of the profile, the same for all its versions.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'version',
          field: 'version',
          description: 'Version of the profile.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'description',
          field: 'description',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'variables',
          field: 'variables',
          type: {
            kind: 'list',
            attributes: [
              { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'description',
                field: 'description',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'type',
                field: 'type',
                description: 'string when absent.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              { name: 'default', field: 'default', type: { kind: 'dynamic' }, presence: 'computed' },
              {
                name: 'pattern',
                field: 'pattern',
                description: 'A regular expression (RE2) for texts.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'required',
                field: 'required',
                type: { kind: 'plain', type: 'bool' },
                presence: 'computed',
              },
              {
                name: 'sensitive',
                field: 'sensitive',
                description: 'Only given by a Secret, and never shown.',
                type: { kind: 'plain', type: 'bool' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'packs',
          field: 'packs',
          description: 'The packs in the order in which they are applied.',
          type: {
            kind: 'list',
            attributes: [
              {
                name: 'name',
                field: 'name',
                description: 'Name of the pack in the registry; also of the layer that it makes.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'version',
                field: 'version',
                description: 'Version of the pack.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'digest',
                field: 'digest',
                description:
                  "Digest of the pack's manifest; it decides what is applied, name and version are for people.",
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'registry',
                field: 'registry',
                description: "A PackRegistry of the project; the platform's own registry when absent.",
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'namespace',
                field: 'namespace',
                description: "Where it is applied; the pack's name when absent.",
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'preset',
                field: 'preset',
                description: "One of the pack's presets, laid over its defaults.",
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'values',
                field: 'values',
                description: "YAML laid over the pack's default values, variables filled in.",
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'depends_on',
                field: 'dependsOn',
                description:
                  'Packs of the same cluster that must be ready first, besides those that the pack asks for itself.',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
              {
                name: 'timeout_seconds',
                field: 'timeoutSeconds',
                description: 'For its hooks and for its health gate, each; 300 when absent.',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'drift',
                field: 'drift',
                description: "What is done about drift; the cluster's policy when absent.",
                type: {
                  kind: 'single',
                  attributes: [
                    {
                      name: 'mode',
                      field: 'mode',
                      description: 'observe: report it; alert: and raise an alert; correct: put it back.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'ignore',
                      field: 'ignore',
                      type: {
                        kind: 'list',
                        attributes: [
                          {
                            name: 'kind',
                            field: 'kind',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'name',
                            field: 'name',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'field',
                            field: 'field',
                            description:
                              'As the API server writes it, e.g. .spec.replicas; what lies below it is meant too.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                        ],
                      },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'on_remove',
                field: 'onRemove',
                description: 'What becomes of its objects when it leaves the cluster; prune when absent.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
      ],
      status: [],
    },
  },
  Cluster: {
    kind: 'Cluster',
    plural: 'clusters',
    description: 'A managed cluster: which profiles it gets, who its agent is, and how it fares.',
    spec: [
      {
        name: 'profiles',
        field: 'profiles',
        type: {
          kind: 'list',
          attributes: [
            { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'required' },
            {
              name: 'version',
              field: 'version',
              type: { kind: 'plain', type: 'string' },
              presence: 'required',
            },
            {
              name: 'variables',
              field: 'variables',
              type: {
                kind: 'list',
                attributes: [
                  {
                    name: 'name',
                    field: 'name',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  { name: 'value', field: 'value', type: { kind: 'dynamic' }, presence: 'optional' },
                  {
                    name: 'secret',
                    field: 'secret',
                    description: 'For sensitive variables.',
                    type: {
                      kind: 'single',
                      attributes: [
                        {
                          name: 'name',
                          field: 'name',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'required',
                        },
                        {
                          name: 'key',
                          field: 'key',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'required',
                        },
                      ],
                    },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'agent',
        field: 'agent',
        type: {
          kind: 'single',
          attributes: [
            {
              name: 'version',
              field: 'version',
              description: 'Which agent is to run; left alone when absent.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'policy',
        field: 'policy',
        type: {
          kind: 'single',
          attributes: [
            {
              name: 'drift',
              field: 'drift',
              description: 'For layers that say nothing else; correct when absent.',
              type: {
                kind: 'single',
                attributes: [
                  {
                    name: 'mode',
                    field: 'mode',
                    description: 'observe: report it; alert: and raise an alert; correct: put it back.',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  {
                    name: 'ignore',
                    field: 'ignore',
                    type: {
                      kind: 'list',
                      attributes: [
                        {
                          name: 'kind',
                          field: 'kind',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'name',
                          field: 'name',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'field',
                          field: 'field',
                          description:
                            'As the API server writes it, e.g. .spec.replicas; what lies below it is meant too.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'required',
                        },
                      ],
                    },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
            {
              name: 'maintenance',
              field: 'maintenance',
              description: 'Any time when absent.',
              type: {
                kind: 'list',
                attributes: [
                  {
                    name: 'days',
                    field: 'days',
                    type: { kind: 'plain', type: ['list', 'string'] },
                    presence: 'optional',
                  },
                  {
                    name: 'start',
                    field: 'start',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  {
                    name: 'minutes',
                    field: 'minutes',
                    type: { kind: 'plain', type: 'number' },
                    presence: 'required',
                  },
                  {
                    name: 'time_zone',
                    field: 'timeZone',
                    description: 'An IANA name; UTC when absent.',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
            {
              name: 'allow_empty',
              field: 'allowEmpty',
              description: 'Without profiles the cluster loses all its layers; else it keeps them then.',
              type: { kind: 'plain', type: 'bool' },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'paused',
        field: 'paused',
        description: 'Nothing new is sent, and the agent corrects nothing.',
        type: { kind: 'plain', type: 'bool' },
        presence: 'optional',
      },
      {
        name: 'kubeconfig',
        field: 'kubeconfig',
        description: 'With which the hub puts the agent there itself.',
        type: {
          kind: 'single',
          attributes: [
            { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'required' },
            { name: 'key', field: 'key', type: { kind: 'plain', type: 'string' }, presence: 'required' },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'access',
        field: 'access',
        description:
          'How people reach its API server, for the kubeconfigs that the hub gives. Nothing secret; the hub itself does not use it.',
        type: {
          kind: 'single',
          attributes: [
            {
              name: 'server',
              field: 'server',
              description: 'https://HOST[:PORT] of its API server.',
              type: { kind: 'plain', type: 'string' },
              presence: 'required',
            },
            {
              name: 'ca',
              field: 'ca',
              description: 'Certificates (PEM) trusted for it.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'provision',
        field: 'provision',
        description: 'A cluster that is to be made; one that exists joins when this is absent.',
        type: {
          kind: 'single',
          attributes: [
            {
              name: 'account',
              field: 'account',
              type: { kind: 'plain', type: 'string' },
              presence: 'required',
            },
            {
              name: 'account_project',
              field: 'accountProject',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'placement',
              field: 'placement',
              description:
                'Where in the cloud, in the words of its kind: datacenter, folder, network, subnets.',
              type: { kind: 'dynamic' },
              presence: 'optional',
            },
            {
              name: 'kubernetes',
              field: 'kubernetes',
              type: { kind: 'plain', type: 'string' },
              presence: 'required',
            },
            {
              name: 'endpoint',
              field: 'endpoint',
              type: {
                kind: 'single',
                attributes: [
                  {
                    name: 'host',
                    field: 'host',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'optional',
                  },
                  {
                    name: 'pool',
                    field: 'pool',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'optional',
                  },
                  {
                    name: 'port',
                    field: 'port',
                    description: '6443 when absent.',
                    type: { kind: 'plain', type: 'number' },
                    presence: 'optional',
                  },
                  {
                    name: 'load_balancer',
                    field: 'loadBalancer',
                    description:
                      'True: a load balancer of the site has the address; else the machines of the control plane hold it themselves.',
                    type: { kind: 'plain', type: 'bool' },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
            {
              name: 'addresses',
              field: 'addresses',
              description:
                'The pool of the gateway that machines take their addresses from; DHCP when absent.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'pod_cidr',
              field: 'podCidr',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'service_cidr',
              field: 'serviceCidr',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'control_plane',
              field: 'controlPlane',
              type: {
                kind: 'single',
                attributes: [
                  {
                    name: 'replicas',
                    field: 'replicas',
                    type: { kind: 'plain', type: 'number' },
                    presence: 'required',
                  },
                  {
                    name: 'size',
                    field: 'size',
                    description:
                      'A size of the gateway by name, a flavour or instance type of the cloud, or what it is made of.',
                    type: { kind: 'dynamic' },
                    presence: 'required',
                  },
                  {
                    name: 'template',
                    field: 'template',
                    description:
                      'The node template (image) by its name in the cloud; else that of the gateway.',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'optional',
                  },
                  {
                    name: 'placement',
                    field: 'placement',
                    description: "Laid over the cluster's placement.",
                    type: { kind: 'dynamic' },
                    presence: 'optional',
                  },
                  {
                    name: 'health',
                    field: 'health',
                    type: {
                      kind: 'single',
                      attributes: [
                        {
                          name: 'replace',
                          field: 'replace',
                          description: 'False: it is only reported. True when absent.',
                          type: { kind: 'plain', type: 'bool' },
                          presence: 'optional',
                        },
                        {
                          name: 'startup',
                          field: 'startup',
                          description: 'Until a new machine has joined; 20m when absent.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'not_ready',
                          field: 'notReady',
                          description: 'How long a node may be not ready or silent; 5m when absent.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'max_unhealthy',
                          field: 'maxUnhealthy',
                          description:
                            'With more machines unhealthy than this none is replaced; 40% when absent.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'budget_per_day',
                          field: 'budgetPerDay',
                          description:
                            'How many machines of the pool are replaced in 24 hours at most; 3 when absent.',
                          type: { kind: 'plain', type: 'number' },
                          presence: 'optional',
                        },
                      ],
                    },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'required',
            },
            {
              name: 'pools',
              field: 'pools',
              type: {
                kind: 'list',
                attributes: [
                  {
                    name: 'name',
                    field: 'name',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  {
                    name: 'replicas',
                    field: 'replicas',
                    type: { kind: 'plain', type: 'number' },
                    presence: 'required',
                  },
                  {
                    name: 'size',
                    field: 'size',
                    description:
                      'A size of the gateway by name, a flavour or instance type of the cloud, or what it is made of.',
                    type: { kind: 'dynamic' },
                    presence: 'required',
                  },
                  {
                    name: 'template',
                    field: 'template',
                    description:
                      'The node template (image) by its name in the cloud; else that of the gateway.',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'optional',
                  },
                  {
                    name: 'placement',
                    field: 'placement',
                    description: "Laid over the cluster's placement.",
                    type: { kind: 'dynamic' },
                    presence: 'optional',
                  },
                  {
                    name: 'labels',
                    field: 'labels',
                    type: { kind: 'plain', type: ['map', 'string'] },
                    presence: 'optional',
                  },
                  {
                    name: 'health',
                    field: 'health',
                    type: {
                      kind: 'single',
                      attributes: [
                        {
                          name: 'replace',
                          field: 'replace',
                          description: 'False: it is only reported. True when absent.',
                          type: { kind: 'plain', type: 'bool' },
                          presence: 'optional',
                        },
                        {
                          name: 'startup',
                          field: 'startup',
                          description: 'Until a new machine has joined; 20m when absent.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'not_ready',
                          field: 'notReady',
                          description: 'How long a node may be not ready or silent; 5m when absent.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'max_unhealthy',
                          field: 'maxUnhealthy',
                          description:
                            'With more machines unhealthy than this none is replaced; 40% when absent.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'budget_per_day',
                          field: 'budgetPerDay',
                          description:
                            'How many machines of the pool are replaced in 24 hours at most; 3 when absent.',
                          type: { kind: 'plain', type: 'number' },
                          presence: 'optional',
                        },
                      ],
                    },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
            {
              name: 'abandon',
              field: 'abandon',
              description:
                "The cluster's own name, when its deletion waits for a gateway that is lost: its machines are left.",
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'deletion',
              field: 'deletion',
              description:
                'What becomes of the machines when the cluster is deleted: they go (as when absent), they are left, or the deletion is refused.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
    ],
    read: {
      spec: [
        {
          name: 'profiles',
          field: 'profiles',
          type: {
            kind: 'list',
            attributes: [
              { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'version',
                field: 'version',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'variables',
                field: 'variables',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'name',
                      field: 'name',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    { name: 'value', field: 'value', type: { kind: 'dynamic' }, presence: 'computed' },
                    {
                      name: 'secret',
                      field: 'secret',
                      description: 'For sensitive variables.',
                      type: {
                        kind: 'single',
                        attributes: [
                          {
                            name: 'name',
                            field: 'name',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'key',
                            field: 'key',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                        ],
                      },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'agent',
          field: 'agent',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'key',
                field: 'key',
                description: 'The key of the agent that was accepted; without it no agent is served.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'version',
                field: 'version',
                description: 'Which agent is to run; left alone when absent.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'policy',
          field: 'policy',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'drift',
                field: 'drift',
                description: 'For layers that say nothing else; correct when absent.',
                type: {
                  kind: 'single',
                  attributes: [
                    {
                      name: 'mode',
                      field: 'mode',
                      description: 'observe: report it; alert: and raise an alert; correct: put it back.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'ignore',
                      field: 'ignore',
                      type: {
                        kind: 'list',
                        attributes: [
                          {
                            name: 'kind',
                            field: 'kind',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'name',
                            field: 'name',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'field',
                            field: 'field',
                            description:
                              'As the API server writes it, e.g. .spec.replicas; what lies below it is meant too.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                        ],
                      },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'maintenance',
                field: 'maintenance',
                description: 'Any time when absent.',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'days',
                      field: 'days',
                      type: { kind: 'plain', type: ['list', 'string'] },
                      presence: 'computed',
                    },
                    {
                      name: 'start',
                      field: 'start',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'minutes',
                      field: 'minutes',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'time_zone',
                      field: 'timeZone',
                      description: 'An IANA name; UTC when absent.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'allow_empty',
                field: 'allowEmpty',
                description: 'Without profiles the cluster loses all its layers; else it keeps them then.',
                type: { kind: 'plain', type: 'bool' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'paused',
          field: 'paused',
          description: 'Nothing new is sent, and the agent corrects nothing.',
          type: { kind: 'plain', type: 'bool' },
          presence: 'computed',
        },
        {
          name: 'kubeconfig',
          field: 'kubeconfig',
          description: 'With which the hub puts the agent there itself.',
          type: {
            kind: 'single',
            attributes: [
              { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              { name: 'key', field: 'key', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'access',
          field: 'access',
          description:
            'How people reach its API server, for the kubeconfigs that the hub gives. Nothing secret; the hub itself does not use it.',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'server',
                field: 'server',
                description: 'https://HOST[:PORT] of its API server.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'ca',
                field: 'ca',
                description: 'Certificates (PEM) trusted for it.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'provision',
          field: 'provision',
          description: 'A cluster that is to be made; one that exists joins when this is absent.',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'account',
                field: 'account',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'account_project',
                field: 'accountProject',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'placement',
                field: 'placement',
                description:
                  'Where in the cloud, in the words of its kind: datacenter, folder, network, subnets.',
                type: { kind: 'dynamic' },
                presence: 'computed',
              },
              {
                name: 'kubernetes',
                field: 'kubernetes',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'endpoint',
                field: 'endpoint',
                type: {
                  kind: 'single',
                  attributes: [
                    {
                      name: 'host',
                      field: 'host',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'pool',
                      field: 'pool',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'port',
                      field: 'port',
                      description: '6443 when absent.',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'load_balancer',
                      field: 'loadBalancer',
                      description:
                        'True: a load balancer of the site has the address; else the machines of the control plane hold it themselves.',
                      type: { kind: 'plain', type: 'bool' },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'addresses',
                field: 'addresses',
                description:
                  'The pool of the gateway that machines take their addresses from; DHCP when absent.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'pod_cidr',
                field: 'podCidr',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'service_cidr',
                field: 'serviceCidr',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'control_plane',
                field: 'controlPlane',
                type: {
                  kind: 'single',
                  attributes: [
                    {
                      name: 'replicas',
                      field: 'replicas',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'size',
                      field: 'size',
                      description:
                        'A size of the gateway by name, a flavour or instance type of the cloud, or what it is made of.',
                      type: { kind: 'dynamic' },
                      presence: 'computed',
                    },
                    {
                      name: 'template',
                      field: 'template',
                      description:
                        'The node template (image) by its name in the cloud; else that of the gateway.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'placement',
                      field: 'placement',
                      description: "Laid over the cluster's placement.",
                      type: { kind: 'dynamic' },
                      presence: 'computed',
                    },
                    {
                      name: 'health',
                      field: 'health',
                      type: {
                        kind: 'single',
                        attributes: [
                          {
                            name: 'replace',
                            field: 'replace',
                            description: 'False: it is only reported. True when absent.',
                            type: { kind: 'plain', type: 'bool' },
                            presence: 'computed',
                          },
                          {
                            name: 'startup',
                            field: 'startup',
                            description: 'Until a new machine has joined; 20m when absent.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'not_ready',
                            field: 'notReady',
                            description: 'How long a node may be not ready or silent; 5m when absent.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'max_unhealthy',
                            field: 'maxUnhealthy',
                            description:
                              'With more machines unhealthy than this none is replaced; 40% when absent.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'budget_per_day',
                            field: 'budgetPerDay',
                            description:
                              'How many machines of the pool are replaced in 24 hours at most; 3 when absent.',
                            type: { kind: 'plain', type: 'number' },
                            presence: 'computed',
                          },
                        ],
                      },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'pools',
                field: 'pools',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'name',
                      field: 'name',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'replicas',
                      field: 'replicas',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'size',
                      field: 'size',
                      description:
                        'A size of the gateway by name, a flavour or instance type of the cloud, or what it is made of.',
                      type: { kind: 'dynamic' },
                      presence: 'computed',
                    },
                    {
                      name: 'template',
                      field: 'template',
                      description:
                        'The node template (image) by its name in the cloud; else that of the gateway.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'placement',
                      field: 'placement',
                      description: "Laid over the cluster's placement.",
                      type: { kind: 'dynamic' },
                      presence: 'computed',
                    },
                    {
                      name: 'labels',
                      field: 'labels',
                      type: { kind: 'plain', type: ['map', 'string'] },
                      presence: 'computed',
                    },
                    {
                      name: 'health',
                      field: 'health',
                      type: {
                        kind: 'single',
                        attributes: [
                          {
                            name: 'replace',
                            field: 'replace',
                            description: 'False: it is only reported. True when absent.',
                            type: { kind: 'plain', type: 'bool' },
                            presence: 'computed',
                          },
                          {
                            name: 'startup',
                            field: 'startup',
                            description: 'Until a new machine has joined; 20m when absent.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'not_ready',
                            field: 'notReady',
                            description: 'How long a node may be not ready or silent; 5m when absent.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'max_unhealthy',
                            field: 'maxUnhealthy',
                            description:
                              'With more machines unhealthy than this none is replaced; 40% when absent.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'budget_per_day',
                            field: 'budgetPerDay',
                            description:
                              'How many machines of the pool are replaced in 24 hours at most; 3 when absent.',
                            type: { kind: 'plain', type: 'number' },
                            presence: 'computed',
                          },
                        ],
                      },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'abandon',
                field: 'abandon',
                description:
                  "The cluster's own name, when its deletion waits for a gateway that is lost: its machines are left.",
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'deletion',
                field: 'deletion',
                description:
                  'What becomes of the machines when the cluster is deleted: they go (as when absent), they are left, or the deletion is refused.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
      ],
      status: [
        {
          name: 'phase',
          field: 'phase',
          description: 'Unknown: the agent is silent, whatever it said last.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'observed_generation',
          field: 'observedGeneration',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'id',
          field: 'id',
          description: "UID of the cluster's kube-system namespace.",
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'sealing_key',
          field: 'sealingKey',
          description: 'Public key (JWK) of the agent that secrets are sealed for.',
          type: { kind: 'dynamic' },
          presence: 'computed',
        },
        {
          name: 'request',
          field: 'request',
          type: {
            kind: 'single',
            attributes: [
              { name: 'key', field: 'key', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              { name: 'at', field: 'at', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              { name: 'from', field: 'from', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'desired',
          field: 'desired',
          description: 'The envelope that was made last.',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'number',
                field: 'number',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'digest',
                field: 'digest',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              { name: 'at', field: 'at', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'applied',
          field: 'applied',
          description: 'The envelope that was complete last.',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'number',
                field: 'number',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'digest',
                field: 'digest',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              { name: 'at', field: 'at', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'held',
          field: 'held',
          description: 'The envelope that the agent holds, and what it has removed by its word.',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'number',
                field: 'number',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'digest',
                field: 'digest',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'removed',
                field: 'removed',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'completed_after_seconds',
          field: 'completedAfterSeconds',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'agent',
          field: 'agent',
          type: {
            kind: 'single',
            attributes: [
              { name: 'seen', field: 'seen', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'version',
                field: 'version',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'transport',
                field: 'transport',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'certificate_until',
                field: 'certificateUntil',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'features',
                field: 'features',
                description: 'What it knows that the first agents did not.',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'report',
          field: 'report',
          description: 'The latest report that was taken, and the key that signed it.',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'number',
                field: 'number',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'digest',
                field: 'digest',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              { name: 'key', field: 'key', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'kubernetes',
          field: 'kubernetes',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'nodes',
          field: 'nodes',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'ready',
                field: 'ready',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'total',
                field: 'total',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'layers',
          field: 'layers',
          type: {
            kind: 'list',
            attributes: [
              { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'version',
                field: 'version',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'digest',
                field: 'digest',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'state',
                field: 'state',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              { name: 'code', field: 'code', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'message',
                field: 'message',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'seconds',
                field: 'seconds',
                description: 'From the start of applying until it was ready.',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'objects',
                field: 'objects',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'drift',
          field: 'drift',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'count',
                field: 'count',
                description: 'How many objects differ now; what was put back is not counted.',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'top',
                field: 'top',
                description: 'Some of what differs now, then some of what was put back lately.',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'layer',
                      field: 'layer',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'object',
                      field: 'object',
                      description: 'As Kind.group namespace/name.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'what',
                      field: 'what',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'fields',
                      field: 'fields',
                      type: { kind: 'plain', type: ['list', 'string'] },
                      presence: 'computed',
                    },
                    {
                      name: 'by',
                      field: 'by',
                      description: 'The field manager that made it.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'at',
                      field: 'at',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'state',
                      field: 'state',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'code',
                      field: 'code',
                      description: 'Why it could not be put back.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'alert',
                      field: 'alert',
                      description: "True where the layer's policy asks for an alert.",
                      type: { kind: 'plain', type: 'bool' },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'infrastructure',
          field: 'infrastructure',
          description: 'How its machines fare, where it was made; from its gateway.',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'phase',
                field: 'phase',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'endpoint',
                field: 'endpoint',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'kubernetes',
                field: 'kubernetes',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'control_plane',
                field: 'controlPlane',
                type: {
                  kind: 'single',
                  attributes: [
                    {
                      name: 'ready',
                      field: 'ready',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'wanted',
                      field: 'wanted',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'pools',
                field: 'pools',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'name',
                      field: 'name',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'ready',
                      field: 'ready',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'wanted',
                      field: 'wanted',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'code',
                      field: 'code',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'detail',
                      field: 'detail',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'machines',
                field: 'machines',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'name',
                      field: 'name',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'pool',
                      field: 'pool',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'phase',
                      field: 'phase',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'since',
                      field: 'since',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'id',
                      field: 'id',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'address',
                      field: 'address',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'kubernetes',
                      field: 'kubernetes',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'code',
                      field: 'code',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'detail',
                      field: 'detail',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'console',
                      field: 'console',
                      type: {
                        kind: 'single',
                        attributes: [
                          {
                            name: 'at',
                            field: 'at',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'text',
                            field: 'text',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                        ],
                      },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'replaced',
                field: 'replaced',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'machine',
                      field: 'machine',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'at',
                      field: 'at',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'code',
                      field: 'code',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'detail',
                      field: 'detail',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'conditions',
                field: 'conditions',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'type',
                      field: 'type',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'status',
                      field: 'status',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'reason',
                      field: 'reason',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'message',
                      field: 'message',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'last_transition_time',
                      field: 'lastTransitionTime',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'conditions',
          field: 'conditions',
          type: {
            kind: 'list',
            attributes: [
              { name: 'type', field: 'type', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'status',
                field: 'status',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'reason',
                field: 'reason',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'message',
                field: 'message',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'last_transition_time',
                field: 'lastTransitionTime',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
      ],
    },
  },
  CloudAccount: {
    kind: 'CloudAccount',
    plural: 'cloudaccounts',
    description: 'A reference to the credentials of a cloud, and where it may be used.',
    spec: [
      { name: 'type', field: 'type', type: { kind: 'plain', type: 'string' }, presence: 'required' },
      {
        name: 'gateway',
        field: 'gateway',
        description: 'The gateway of the same project that reaches it; without it no machine can be made.',
        type: { kind: 'plain', type: 'string' },
        presence: 'optional',
      },
      {
        name: 'endpoint',
        field: 'endpoint',
        description: 'Address of the cloud.',
        type: { kind: 'plain', type: 'string' },
        presence: 'optional',
      },
      {
        name: 'ca',
        field: 'ca',
        description: 'Certificates (PEM) trusted for it.',
        type: { kind: 'plain', type: 'string' },
        presence: 'optional',
      },
      {
        name: 'credentials',
        field: 'credentials',
        description: 'A Secret of the same project; it is sealed for the gateway.',
        type: {
          kind: 'single',
          attributes: [
            { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'required' },
          ],
        },
        presence: 'required',
      },
      {
        name: 'settings',
        field: 'settings',
        description: 'What only this kind of cloud knows: region, domain, role to assume, driver.',
        type: { kind: 'dynamic' },
        presence: 'optional',
      },
      {
        name: 'requests_per_second',
        field: 'requestsPerSecond',
        description: 'How often the cloud is asked at most; 10 when absent.',
        type: { kind: 'plain', type: 'number' },
        presence: 'optional',
      },
      {
        name: 'usable_by',
        field: 'usableBy',
        description: 'Further projects that may make clusters with it.',
        type: { kind: 'plain', type: ['list', 'string'] },
        presence: 'optional',
      },
    ],
    read: {
      spec: [
        { name: 'type', field: 'type', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
        {
          name: 'gateway',
          field: 'gateway',
          description: 'The gateway of the same project that reaches it; without it no machine can be made.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'endpoint',
          field: 'endpoint',
          description: 'Address of the cloud.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'ca',
          field: 'ca',
          description: 'Certificates (PEM) trusted for it.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'credentials',
          field: 'credentials',
          description: 'A Secret of the same project; it is sealed for the gateway.',
          type: {
            kind: 'single',
            attributes: [
              { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'settings',
          field: 'settings',
          description: 'What only this kind of cloud knows: region, domain, role to assume, driver.',
          type: { kind: 'dynamic' },
          presence: 'computed',
        },
        {
          name: 'requests_per_second',
          field: 'requestsPerSecond',
          description: 'How often the cloud is asked at most; 10 when absent.',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'usable_by',
          field: 'usableBy',
          description: 'Further projects that may make clusters with it.',
          type: { kind: 'plain', type: ['list', 'string'] },
          presence: 'computed',
        },
      ],
      status: [
        { name: 'verified', field: 'verified', type: { kind: 'plain', type: 'bool' }, presence: 'computed' },
        { name: 'at', field: 'at', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
        {
          name: 'capabilities',
          field: 'capabilities',
          type: { kind: 'plain', type: ['list', 'string'] },
          presence: 'computed',
        },
        {
          name: 'sessions',
          field: 'sessions',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'last_error',
          field: 'lastError',
          type: {
            kind: 'single',
            attributes: [
              { name: 'code', field: 'code', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'detail',
                field: 'detail',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              { name: 'at', field: 'at', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'orphans',
          field: 'orphans',
          type: {
            kind: 'list',
            attributes: [
              { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'cluster',
                field: 'cluster',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              { name: 'id', field: 'id', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'observed_generation',
          field: 'observedGeneration',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'conditions',
          field: 'conditions',
          type: {
            kind: 'list',
            attributes: [
              { name: 'type', field: 'type', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'status',
                field: 'status',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'reason',
                field: 'reason',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'message',
                field: 'message',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'last_transition_time',
                field: 'lastTransitionTime',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
      ],
    },
  },
  Gateway: {
    kind: 'Gateway',
    plural: 'gateways',
    description: 'A private cloud gateway: the agent of a cluster that makes machines beside a cloud.',
    spec: [
      {
        name: 'cluster',
        field: 'cluster',
        description: 'The managed cluster, of the same project, whose agent does the work.',
        type: { kind: 'plain', type: 'string' },
        presence: 'required',
      },
      {
        name: 'usable_by',
        field: 'usableBy',
        type: { kind: 'plain', type: ['list', 'string'] },
        presence: 'optional',
      },
      {
        name: 'max_concurrent',
        field: 'maxConcurrent',
        description: 'How many machines are made at once in all; 10 when absent.',
        type: { kind: 'plain', type: 'number' },
        presence: 'optional',
      },
      {
        name: 'pools',
        field: 'pools',
        type: {
          kind: 'list',
          attributes: [
            { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'required' },
            {
              name: 'ranges',
              field: 'ranges',
              type: { kind: 'plain', type: ['list', 'string'] },
              presence: 'required',
            },
            {
              name: 'reserved',
              field: 'reserved',
              type: { kind: 'plain', type: ['list', 'string'] },
              presence: 'optional',
            },
            {
              name: 'prefix',
              field: 'prefix',
              type: { kind: 'plain', type: 'number' },
              presence: 'required',
            },
            {
              name: 'gateway',
              field: 'gateway',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'dns',
              field: 'dns',
              type: { kind: 'plain', type: ['list', 'string'] },
              presence: 'optional',
            },
            {
              name: 'search',
              field: 'search',
              type: { kind: 'plain', type: ['list', 'string'] },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'nodes',
        field: 'nodes',
        type: {
          kind: 'single',
          attributes: [
            {
              name: 'template',
              field: 'template',
              description: 'The node template where a cluster names none.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'sizes',
              field: 'sizes',
              type: {
                kind: 'list',
                attributes: [
                  {
                    name: 'name',
                    field: 'name',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  {
                    name: 'cpus',
                    field: 'cpus',
                    type: { kind: 'plain', type: 'number' },
                    presence: 'required',
                  },
                  {
                    name: 'memory_mib',
                    field: 'memoryMiB',
                    type: { kind: 'plain', type: 'number' },
                    presence: 'required',
                  },
                  {
                    name: 'disk_gib',
                    field: 'diskGiB',
                    type: { kind: 'plain', type: 'number' },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
            {
              name: 'proxy',
              field: 'proxy',
              type: {
                kind: 'single',
                attributes: [
                  {
                    name: 'http',
                    field: 'http',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'optional',
                  },
                  {
                    name: 'https',
                    field: 'https',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'optional',
                  },
                  {
                    name: 'none',
                    field: 'none',
                    type: { kind: 'plain', type: ['list', 'string'] },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
            {
              name: 'ntp',
              field: 'ntp',
              type: { kind: 'plain', type: ['list', 'string'] },
              presence: 'optional',
            },
            {
              name: 'registry',
              field: 'registry',
              type: {
                kind: 'single',
                attributes: [
                  {
                    name: 'endpoint',
                    field: 'endpoint',
                    description: 'The private registry as nodes reach it, with scheme.',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  { name: 'ca', field: 'ca', type: { kind: 'plain', type: 'string' }, presence: 'optional' },
                  {
                    name: 'credentials',
                    field: 'credentials',
                    description: '`{"username", "password"}` as JSON.',
                    type: {
                      kind: 'single',
                      attributes: [
                        {
                          name: 'name',
                          field: 'name',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'required',
                        },
                        {
                          name: 'key',
                          field: 'key',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'required',
                        },
                      ],
                    },
                    presence: 'optional',
                  },
                  {
                    name: 'cache',
                    field: 'cache',
                    description:
                      'Keeps beside the machines what comes from the registry, so that it comes once.',
                    type: {
                      kind: 'single',
                      attributes: [
                        {
                          name: 'endpoint',
                          field: 'endpoint',
                          description:
                            "How machines reach it, with scheme and port: an address of a node of the gateway's cluster, whose NodePort it is.",
                          type: { kind: 'plain', type: 'string' },
                          presence: 'required',
                        },
                        {
                          name: 'ca',
                          field: 'ca',
                          description: 'Certificates (PEM) trusted for it.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                        {
                          name: 'certificate',
                          field: 'certificate',
                          description: 'A Secret of the same project, with tls.crt and tls.key.',
                          type: {
                            kind: 'single',
                            attributes: [
                              {
                                name: 'name',
                                field: 'name',
                                type: { kind: 'plain', type: 'string' },
                                presence: 'required',
                              },
                            ],
                          },
                          presence: 'optional',
                        },
                        {
                          name: 'size_gib',
                          field: 'sizeGiB',
                          description: 'What it may hold; 20 when absent.',
                          type: { kind: 'plain', type: 'number' },
                          presence: 'optional',
                        },
                        {
                          name: 'storage_class',
                          field: 'storageClass',
                          description: 'Of a volume for it; without, what has come goes with its pod.',
                          type: { kind: 'plain', type: 'string' },
                          presence: 'optional',
                        },
                      ],
                    },
                    presence: 'optional',
                  },
                ],
              },
              presence: 'optional',
            },
            {
              name: 'ca',
              field: 'ca',
              description: 'Certificates (PEM) that machines trust.',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'ssh_keys',
              field: 'sshKeys',
              type: { kind: 'plain', type: ['list', 'string'] },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
    ],
    read: {
      spec: [
        {
          name: 'cluster',
          field: 'cluster',
          description: 'The managed cluster, of the same project, whose agent does the work.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'moved_to',
          field: 'movedTo',
          description:
            'The cluster that knows what the gateway had made before: moved there or restored. While it is another than `cluster`, clusters that were made elsewhere are held back. skerry gateway install sets it.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'usable_by',
          field: 'usableBy',
          type: { kind: 'plain', type: ['list', 'string'] },
          presence: 'computed',
        },
        {
          name: 'max_concurrent',
          field: 'maxConcurrent',
          description: 'How many machines are made at once in all; 10 when absent.',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'pools',
          field: 'pools',
          type: {
            kind: 'list',
            attributes: [
              { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'ranges',
                field: 'ranges',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
              {
                name: 'reserved',
                field: 'reserved',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
              {
                name: 'prefix',
                field: 'prefix',
                type: { kind: 'plain', type: 'number' },
                presence: 'computed',
              },
              {
                name: 'gateway',
                field: 'gateway',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'dns',
                field: 'dns',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
              {
                name: 'search',
                field: 'search',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'nodes',
          field: 'nodes',
          type: {
            kind: 'single',
            attributes: [
              {
                name: 'template',
                field: 'template',
                description: 'The node template where a cluster names none.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'sizes',
                field: 'sizes',
                type: {
                  kind: 'list',
                  attributes: [
                    {
                      name: 'name',
                      field: 'name',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'cpus',
                      field: 'cpus',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'memory_mib',
                      field: 'memoryMiB',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                    {
                      name: 'disk_gib',
                      field: 'diskGiB',
                      type: { kind: 'plain', type: 'number' },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'proxy',
                field: 'proxy',
                type: {
                  kind: 'single',
                  attributes: [
                    {
                      name: 'http',
                      field: 'http',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'https',
                      field: 'https',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'none',
                      field: 'none',
                      type: { kind: 'plain', type: ['list', 'string'] },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'ntp',
                field: 'ntp',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
              {
                name: 'registry',
                field: 'registry',
                type: {
                  kind: 'single',
                  attributes: [
                    {
                      name: 'endpoint',
                      field: 'endpoint',
                      description: 'The private registry as nodes reach it, with scheme.',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'ca',
                      field: 'ca',
                      type: { kind: 'plain', type: 'string' },
                      presence: 'computed',
                    },
                    {
                      name: 'credentials',
                      field: 'credentials',
                      description: '`{"username", "password"}` as JSON.',
                      type: {
                        kind: 'single',
                        attributes: [
                          {
                            name: 'name',
                            field: 'name',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'key',
                            field: 'key',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                        ],
                      },
                      presence: 'computed',
                    },
                    {
                      name: 'cache',
                      field: 'cache',
                      description:
                        'Keeps beside the machines what comes from the registry, so that it comes once.',
                      type: {
                        kind: 'single',
                        attributes: [
                          {
                            name: 'endpoint',
                            field: 'endpoint',
                            description:
                              "How machines reach it, with scheme and port: an address of a node of the gateway's cluster, whose NodePort it is.",
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'ca',
                            field: 'ca',
                            description: 'Certificates (PEM) trusted for it.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                          {
                            name: 'certificate',
                            field: 'certificate',
                            description: 'A Secret of the same project, with tls.crt and tls.key.',
                            type: {
                              kind: 'single',
                              attributes: [
                                {
                                  name: 'name',
                                  field: 'name',
                                  type: { kind: 'plain', type: 'string' },
                                  presence: 'computed',
                                },
                              ],
                            },
                            presence: 'computed',
                          },
                          {
                            name: 'size_gib',
                            field: 'sizeGiB',
                            description: 'What it may hold; 20 when absent.',
                            type: { kind: 'plain', type: 'number' },
                            presence: 'computed',
                          },
                          {
                            name: 'storage_class',
                            field: 'storageClass',
                            description: 'Of a volume for it; without, what has come goes with its pod.',
                            type: { kind: 'plain', type: 'string' },
                            presence: 'computed',
                          },
                        ],
                      },
                      presence: 'computed',
                    },
                  ],
                },
                presence: 'computed',
              },
              {
                name: 'ca',
                field: 'ca',
                description: 'Certificates (PEM) that machines trust.',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'ssh_keys',
                field: 'sshKeys',
                type: { kind: 'plain', type: ['list', 'string'] },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
      ],
      status: [
        {
          name: 'observed_generation',
          field: 'observedGeneration',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        { name: 'seen', field: 'seen', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
        { name: 'version', field: 'version', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
        {
          name: 'accounts',
          field: 'accounts',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'clusters',
          field: 'clusters',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        { name: 'running', field: 'running', type: { kind: 'plain', type: 'number' }, presence: 'computed' },
        {
          name: 'backup',
          field: 'backup',
          description: 'The last sealed backup that was made.',
          type: {
            kind: 'single',
            attributes: [
              { name: 'at', field: 'at', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'digest',
                field: 'digest',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'conditions',
          field: 'conditions',
          type: {
            kind: 'list',
            attributes: [
              { name: 'type', field: 'type', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'status',
                field: 'status',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'reason',
                field: 'reason',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'message',
                field: 'message',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'last_transition_time',
                field: 'lastTransitionTime',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
      ],
    },
  },
  Rollout: {
    kind: 'Rollout',
    plural: 'rollouts',
    description: 'Brings a version of a profile to many clusters, a batch at a time.',
    spec: [
      { name: 'profile', field: 'profile', type: { kind: 'plain', type: 'string' }, presence: 'required' },
      {
        name: 'version',
        field: 'version',
        description: 'Where to; also an earlier version.',
        type: { kind: 'plain', type: 'string' },
        presence: 'required',
      },
      {
        name: 'selector',
        field: 'selector',
        description: 'Labels of the clusters; all clusters with the profile when absent.',
        type: { kind: 'plain', type: ['map', 'string'] },
        presence: 'optional',
      },
      {
        name: 'batch',
        field: 'batch',
        description: 'Clusters at a time; a tenth of them when absent.',
        type: { kind: 'plain', type: 'number' },
        presence: 'optional',
      },
      {
        name: 'max_failures',
        field: 'maxFailures',
        description: 'More failures stop it; 0 when absent.',
        type: { kind: 'plain', type: 'number' },
        presence: 'optional',
      },
      {
        name: 'soak_seconds',
        field: 'soakSeconds',
        description: 'How long a batch must stay ready before the next begins; 60 when absent.',
        type: { kind: 'plain', type: 'number' },
        presence: 'optional',
      },
      {
        name: 'deadline_seconds',
        field: 'deadlineSeconds',
        description: 'A connected cluster that is not ready by then has failed; 1800 when absent.',
        type: { kind: 'plain', type: 'number' },
        presence: 'optional',
      },
      {
        name: 'offline',
        field: 'offline',
        description:
          'A silent cluster: skip updates it when it comes back, wait holds its batch; skip when absent.',
        type: { kind: 'plain', type: 'string' },
        presence: 'optional',
      },
      {
        name: 'max_offline',
        field: 'maxOffline',
        description: 'More silent clusters stop it; no limit when absent.',
        type: { kind: 'plain', type: 'number' },
        presence: 'optional',
      },
      { name: 'paused', field: 'paused', type: { kind: 'plain', type: 'bool' }, presence: 'optional' },
    ],
    read: {
      spec: [
        { name: 'profile', field: 'profile', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
        {
          name: 'version',
          field: 'version',
          description: 'Where to; also an earlier version.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'selector',
          field: 'selector',
          description: 'Labels of the clusters; all clusters with the profile when absent.',
          type: { kind: 'plain', type: ['map', 'string'] },
          presence: 'computed',
        },
        {
          name: 'batch',
          field: 'batch',
          description: 'Clusters at a time; a tenth of them when absent.',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'max_failures',
          field: 'maxFailures',
          description: 'More failures stop it; 0 when absent.',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'soak_seconds',
          field: 'soakSeconds',
          description: 'How long a batch must stay ready before the next begins; 60 when absent.',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'deadline_seconds',
          field: 'deadlineSeconds',
          description: 'A connected cluster that is not ready by then has failed; 1800 when absent.',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'offline',
          field: 'offline',
          description:
            'A silent cluster: skip updates it when it comes back, wait holds its batch; skip when absent.',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'max_offline',
          field: 'maxOffline',
          description: 'More silent clusters stop it; no limit when absent.',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        { name: 'paused', field: 'paused', type: { kind: 'plain', type: 'bool' }, presence: 'computed' },
      ],
      status: [
        { name: 'phase', field: 'phase', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
        { name: 'message', field: 'message', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
        { name: 'total', field: 'total', type: { kind: 'plain', type: 'number' }, presence: 'computed' },
        { name: 'updated', field: 'updated', type: { kind: 'plain', type: 'number' }, presence: 'computed' },
        { name: 'ready', field: 'ready', type: { kind: 'plain', type: 'number' }, presence: 'computed' },
        { name: 'failed', field: 'failed', type: { kind: 'plain', type: 'number' }, presence: 'computed' },
        { name: 'offline', field: 'offline', type: { kind: 'plain', type: 'number' }, presence: 'computed' },
        {
          name: 'started_at',
          field: 'startedAt',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'batch_ready_at',
          field: 'batchReadyAt',
          type: { kind: 'plain', type: 'string' },
          presence: 'computed',
        },
        {
          name: 'observed_generation',
          field: 'observedGeneration',
          type: { kind: 'plain', type: 'number' },
          presence: 'computed',
        },
        {
          name: 'in_flight',
          field: 'inFlight',
          description: 'The clusters of the current batch, and those that failed.',
          type: {
            kind: 'list',
            attributes: [
              {
                name: 'cluster',
                field: 'cluster',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'since',
                field: 'since',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'state',
                field: 'state',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'arrived',
                field: 'arrived',
                description: 'It was seen with the version.',
                type: { kind: 'plain', type: 'bool' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
        {
          name: 'conditions',
          field: 'conditions',
          type: {
            kind: 'list',
            attributes: [
              { name: 'type', field: 'type', type: { kind: 'plain', type: 'string' }, presence: 'computed' },
              {
                name: 'status',
                field: 'status',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'reason',
                field: 'reason',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'message',
                field: 'message',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
              {
                name: 'last_transition_time',
                field: 'lastTransitionTime',
                type: { kind: 'plain', type: 'string' },
                presence: 'computed',
              },
            ],
          },
          presence: 'computed',
        },
      ],
    },
  },
  PackRegistry: {
    kind: 'PackRegistry',
    plural: 'packregistries',
    description: "A registry besides the platform's own, with its credentials and certificates.",
    spec: [
      {
        name: 'address',
        field: 'address',
        description: 'host[:port], or with http:// or https:// before it.',
        type: { kind: 'plain', type: 'string' },
        presence: 'required',
      },
      {
        name: 'prefix',
        field: 'prefix',
        description: "What the packs' repositories begin with.",
        type: { kind: 'plain', type: 'string' },
        presence: 'required',
      },
      {
        name: 'ca',
        field: 'ca',
        description: 'Certificates (PEM) trusted for it.',
        type: { kind: 'plain', type: 'string' },
        presence: 'optional',
      },
      {
        name: 'credentials',
        field: 'credentials',
        description: 'A Secret of the same project, with username and password.',
        type: {
          kind: 'single',
          attributes: [
            { name: 'name', field: 'name', type: { kind: 'plain', type: 'string' }, presence: 'required' },
          ],
        },
        presence: 'optional',
      },
    ],
  },
  AlertReceiver: {
    kind: 'AlertReceiver',
    plural: 'alertreceivers',
    description: 'A webhook, an e-mail address or Kubernetes Events that alerts are sent to.',
    spec: [
      {
        name: 'severity',
        field: 'severity',
        description: 'The least that is sent; warning when absent.',
        type: { kind: 'plain', type: 'string' },
        presence: 'optional',
      },
      {
        name: 'webhook',
        field: 'webhook',
        type: {
          kind: 'single',
          attributes: [
            { name: 'url', field: 'url', type: { kind: 'plain', type: 'string' }, presence: 'required' },
            { name: 'ca', field: 'ca', type: { kind: 'plain', type: 'string' }, presence: 'optional' },
            {
              name: 'secret',
              field: 'secret',
              description: 'Sent as a bearer token.',
              type: {
                kind: 'single',
                attributes: [
                  {
                    name: 'name',
                    field: 'name',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  {
                    name: 'key',
                    field: 'key',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                ],
              },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'email',
        field: 'email',
        type: {
          kind: 'single',
          attributes: [
            {
              name: 'server',
              field: 'server',
              description: 'host:port of an SMTP server.',
              type: { kind: 'plain', type: 'string' },
              presence: 'required',
            },
            { name: 'tls', field: 'tls', type: { kind: 'plain', type: 'string' }, presence: 'optional' },
            { name: 'ca', field: 'ca', type: { kind: 'plain', type: 'string' }, presence: 'optional' },
            { name: 'from', field: 'from', type: { kind: 'plain', type: 'string' }, presence: 'required' },
            {
              name: 'to',
              field: 'to',
              type: { kind: 'plain', type: ['list', 'string'] },
              presence: 'required',
            },
            {
              name: 'username',
              field: 'username',
              type: { kind: 'plain', type: 'string' },
              presence: 'optional',
            },
            {
              name: 'password',
              field: 'password',
              description: 'A key of a Secret of the same project.',
              type: {
                kind: 'single',
                attributes: [
                  {
                    name: 'name',
                    field: 'name',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                  {
                    name: 'key',
                    field: 'key',
                    type: { kind: 'plain', type: 'string' },
                    presence: 'required',
                  },
                ],
              },
              presence: 'optional',
            },
          ],
        },
        presence: 'optional',
      },
      {
        name: 'events',
        field: 'events',
        description: 'Kubernetes Events on the Cluster.',
        type: { kind: 'plain', type: 'bool' },
        presence: 'optional',
      },
    ],
  },
} satisfies Readonly<Record<string, ProviderKind>>;
