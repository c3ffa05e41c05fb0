const DIGEST = `sha256:${'a'.repeat(64)}`;

const SPECS: Readonly<Record<string, object>> = {
  ClusterProfile: {
    name: 'edge',
    version: '1.0.0',
    packs: [{ name: 'podinfo', version: '6.9.0', digest: DIGEST, values: 'replicas: 2\n' }],
  },
  CloudAccount: { type: 'vsphere', endpoint: 'https://vc.example', credentials: { name: 'vc' } },
  Gateway: { cluster: 'site' },
  PackRegistry: { address: 'registry.example:5000', prefix: 'packs' },
  Cluster: { profiles: [{ name: 'edge', version: '1.0.0' }] },
  Enrollment: { cluster: 'one', tokenHash: DIGEST, expiresAt: '2030-01-01T00:00:00Z' },
  ClusterRevision: { cluster: 'one', number: 1, digest: DIGEST, envelope: '{}', cause: 'a test' },
  Rollout: { profile: 'edge', version: '1.0.0' },
  Alert: { cluster: 'one', rule: 'AgentSilent', subject: 'one', severity: 'warning' },
  AlertReceiver: { webhook: { url: 'https://hook.example' } },
};

/** A spec that is sound for its kind. */
export function sampleSpec(kind: string): object {
  return SPECS[kind] ?? {};
}
