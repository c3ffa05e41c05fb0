import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { textAt } from '../../../../apply/json.ts';
import type { Provisioning } from '../../../api/provisioning.ts';
import type { EnvelopeLayer } from '../../../desired/envelope.ts';
import { platformError } from '../../../errors.ts';
import { clusterLayerName, clustersNamespace } from './layer-names.ts';
import { type GatewayPlan, type GatewaySources, planGateway } from './plan-gateway.ts';
import { withoutOneMore } from './room.ts';
import {
  accountOf,
  clusterOf,
  envelopeLayers,
  GATEWAY,
  PROVISION,
  realPack,
  samplePacks,
  sourcesOf,
} from './testing/sample-gateway.ts';

const SHOP = clusterLayerName('team', 'shop');
const namesOf = (layers: readonly { readonly name: string }[]) => layers.map(({ name }) => name);

function firstPlan(more: Partial<GatewaySources> = {}): EnvelopeLayer[] {
  return envelopeLayers(planGateway(sourcesOf(more), []));
}

/** An envelope's layers, where the mark of sealed keys is the key itself. */
function markedLayers({ layers }: GatewayPlan): EnvelopeLayer[] {
  return layers.map(({ layer, secrets }) => {
    const sealedMark = textAt(secrets, 'credentials', 'key');
    return sealedMark === undefined ? layer : { ...layer, sealed: 'jwe', sealedMark: `sha256:${sealedMark}` };
  });
}

describe('the layers of a gateway', () => {
  test('are infra, Cluster API, its accounts, what machines are prepared with, and its clusters', () => {
    const plan = planGateway(sourcesOf(), []);
    assert.deepEqual(namesOf(plan.layers), ['infra', 'cluster-api', 'account-vc', 'machines-team', SHOP]);
    assert.deepEqual(plan.findings, []);
    assert.deepEqual(plan.clusterFindings.get('team/shop'), []);
    const [infra, , account, , cluster] = plan.layers;
    assert.deepEqual(infra?.layer.values, { gateway: { project: 'team', name: 'gw' }, pools: GATEWAY.pools });
    assert.equal(account?.layer.namespace, 'clusters-team');
    assert.deepEqual(account?.secrets, { credentials: { username: 'u', password: 'hunter2' } });
    assert.ok(!JSON.stringify(plan.layers.map(({ layer }) => layer)).includes('hunter2'));
    assert.deepEqual(cluster?.layer.dependsOn, ['cluster-api', 'machines-team', 'account-vc']);
    assert.deepEqual(cluster?.secrets, { enrollment: { token: 'token-of-shop' } });
    const machine = { template: 'node-1.34.4', cpus: 2, memoryMiB: 4096, diskGiB: 40 };
    assert.deepEqual(cluster?.layer.values, {
      cluster: { project: 'team', name: 'shop', id: 'uid-shop' },
      account: { namespace: 'clusters-team', name: 'vc', type: 'vsphere' },
      kubernetes: 'v1.34.4',
      endpoint: { pool: 'control-planes', port: 6443 },
      network: { pods: '10.244.0.0/16', services: '10.96.0.0/12' },
      placement: { datacenter: 'dc1', network: 'vm' },
      controlPlane: { replicas: 1, machine },
      pools: [{ name: 'workers', replicas: 2, machine }],
    });
  });

  test('of twenty clusters are less than an envelope holds', () => {
    const clusters = Array.from({ length: 20 }, (_, index) =>
      clusterOf({}, { name: `cluster-${index}`, uid: '5b1c8f3e-0000-4000-8000-000000000000' }),
    );
    const sealed = 'x'.repeat(600);
    const layers = envelopeLayers(planGateway(sourcesOf({ clusters }), []));
    const bytes = JSON.stringify(
      layers.map((layer) => ('sealed' in layer ? { ...layer, sealed } : layer)),
    ).length;
    assert.ok(bytes < 44 * 1024, `${bytes} bytes`);
  });

  test('keep the mark of machines, whatever UID the object has after a restore', () => {
    const clusters = [clusterOf({}, { uid: 'another-uid' })];
    const plan = planGateway(sourcesOf({ clusters }), firstPlan());
    const layer = plan.layers.find(({ name }) => name === SHOP);
    assert.deepEqual(layer?.layer.values.cluster, { project: 'team', name: 'shop', id: 'uid-shop' });
  });

  test('start AWS’s provider again once the gateway has new keys, and not before', () => {
    const spec = { type: 'aws' as const, gateway: 'gw', credentials: { name: 'aws' } };
    const planOf = (key: string, last: EnvelopeLayer[], isApplied: boolean) => {
      const accounts = ['one', 'other'].map((name) => ({
        account: accountOf({ name, spec }),
        credentials: { state: 'found', texts: { key: name === 'one' ? key : 'same' } } as const,
      }));
      const sources = sourcesOf({ accounts, clusters: [], isApplied: () => isApplied });
      return markedLayers(planGateway(sources, last));
    };
    const started = (layers: EnvelopeLayer[]) =>
      layers.find(({ name }) => name === 'cluster-api-aws')?.values.credentials;
    const made = planOf('old', [], false);
    assert.equal(started(made), '');
    const settled = planOf('old', made, true);
    assert.equal(started(settled), 'one:old other:same');
    assert.deepEqual(planOf('old', settled, true), settled);
    const rotated = planOf('new', settled, true);
    assert.equal(started(rotated), 'one:old other:same');
    assert.equal(started(planOf('new', rotated, false)), 'one:old other:same');
    assert.equal(started(planOf('new', rotated, true)), 'one:new other:same');
  });

  test('stay when gateway, account or cluster are not known any more', () => {
    const last = firstPlan();
    assert.deepEqual(namesOf(planGateway(undefined, last).layers), namesOf(last));
    const plan = planGateway(sourcesOf({ accounts: [], clusters: [] }), last);
    assert.deepEqual(namesOf(plan.layers).sort(), namesOf(last).sort());
    const kept = plan.layers.find(({ name }) => name === SHOP);
    assert.equal(kept?.layer.sealed, 'jwe');
    assert.equal(kept?.secrets, undefined);
  });

  test('stay as they were when what they are made of is wrong now', () => {
    const last = firstPlan();
    const clusters = [clusterOf({ controlPlane: { replicas: 1, size: 'huge' } })];
    const plan = planGateway(sourcesOf({ clusters }), last);
    assert.deepEqual(
      plan.clusterFindings.get('team/shop')?.map(({ code }) => code),
      ['SIZE_UNKNOWN'],
    );
    assert.deepEqual(
      plan.layers.find(({ name }) => name === SHOP)?.layer,
      last.find(({ name }) => name === SHOP),
    );
  });

  test('keep the pack that a cluster was made with until its Kubernetes changes', () => {
    const last = firstPlan();
    const releases = { 'v1.35.1': { etcd: '1', coredns: '1' }, 'v1.34.9': { etcd: '1', coredns: '1' } };
    const packs: GatewaySources['packs'] = (name, version) =>
      name === 'machine-cluster' && version === undefined
        ? realPack(name, '1.1.0', { releases })
        : samplePacks(name, version);
    const packOf = (provision: Partial<Provisioning>) => {
      const { layers } = planGateway(sourcesOf({ packs, clusters: [clusterOf(provision)] }), last);
      const layer = layers.find(({ name }) => name === SHOP)?.layer;
      return [layer?.pack.version, layer?.values.kubernetes];
    };
    assert.deepEqual(packOf({}), ['1.0.0', 'v1.34.4']);
    assert.deepEqual(packOf({ kubernetes: 'v1.34.9' }), ['1.1.0', 'v1.34.9']);
    assert.deepEqual(packOf({ kubernetes: '1.35' }), ['1.1.0', 'v1.35.1']);
  });
});

describe('a cluster that is deleted', () => {
  const plan = (provision: Partial<Provisioning>, last: EnvelopeLayer[], isApplied = false) =>
    envelopeLayers(
      planGateway(
        sourcesOf({ clusters: [clusterOf(provision, { isLeaving: true })], isApplied: () => isApplied }),
        last,
      ),
    ).find(({ name }) => name === SHOP);

  test('is named for removal, and nothing else is', () => {
    const clusters = [clusterOf({}, { isLeaving: true })];
    const { layers } = planGateway(sourcesOf({ clusters }), firstPlan());
    assert.deepEqual(namesOf(layers), ['infra', 'cluster-api', 'account-vc', 'machines-team']);
  });

  test('stays where it is protected', () => {
    const last = firstPlan();
    assert.deepEqual(
      plan({ deletion: 'protect' }, last),
      last.find(({ name }) => name === SHOP),
    );
  });

  test('is left behind once nobody works on its machines any more', () => {
    const last = firstPlan();
    const paused = plan({ deletion: 'orphan' }, last);
    assert.equal(paused?.values.paused, true);
    assert.equal(paused?.onRemove, 'keep');
    assert.deepEqual(plan({ deletion: 'orphan' }, [paused]), paused);
    assert.equal(plan({ deletion: 'orphan' }, [paused], true), undefined);
    // Somebody thinks better of it: what is paused would never go.
    const resumed = plan({}, [paused], true);
    assert.deepEqual([resumed?.values.paused, resumed?.onRemove], [undefined, 'prune']);
  });

  test('takes its account along only once no cluster needs it', () => {
    const account = { account: accountOf({ isLeaving: true }), credentials: { state: 'missing' } as const };
    const last = firstPlan();
    const used = planGateway(sourcesOf({ accounts: [account] }), last);
    assert.ok(namesOf(used.layers).includes('account-vc'));
    const unused = planGateway(sourcesOf({ accounts: [account], clusters: [] }), last);
    assert.ok(!namesOf(unused.layers).includes('account-vc'));
  });

  test('leaves nothing of a gateway that is deleted too', () => {
    const gateway = { project: 'team', name: 'gw', spec: GATEWAY, isLeaving: true };
    const { layers } = planGateway(sourcesOf({ gateway, accounts: [], clusters: [] }), firstPlan());
    assert.deepEqual(layers, []);
  });
});

describe('a definition that cannot be made', () => {
  const broken: Record<string, [code: string, path: string, sources: Partial<GatewaySources>]> = {
    'an unknown size': of('SIZE_UNKNOWN', 'controlPlane.size', { controlPlane: { replicas: 1, size: 'x' } }),
    'an even number of control planes': of('PROVISION_INVALID', 'controlPlane.replicas', {
      controlPlane: { replicas: 2, size: 'small' },
    }),
    'an unknown pool of addresses': of('POOL_UNKNOWN', 'addresses', { addresses: 'x' }),
    'an unknown pool of endpoints': of('POOL_UNKNOWN', 'endpoint.pool', { endpoint: { pool: 'x' } }),
    'no endpoint': of('ENDPOINT_MISSING', 'endpoint', { endpoint: {} }),
    'a Kubernetes that is not there': of('KUBERNETES_UNKNOWN', 'kubernetes', { kubernetes: '1.99' }),
    'two pools of one name': of('PROVISION_INVALID', 'pools[1].name', {
      pools: [1, 2].map(() => ({ name: 'a', replicas: 1, size: 'small' })),
    }),
    'a label that no kubelet takes': of('PROVISION_INVALID', 'pools[0].labels', {
      pools: [{ name: 'a', replicas: 1, size: 'small', labels: { 'node-role.kubernetes.io/a': '' } }],
    }),
    'a label that is a template': of('VALUES_INVALID', '', {
      pools: [{ name: 'a', replicas: 1, size: 'small', labels: { x: '{{ reboot }}' } }],
    }),
    'a range that is none': of('VALUES_INVALID', '', { podCidr: '10.0.0.0/16; reboot' }),
    'an account of nobody': of('ACCOUNT_UNKNOWN', 'account', { account: 'x' }),
    'an account of others': of('ACCOUNT_NOT_SHARED', 'account', { accountProject: 'other' }),
    'a name that is too long': [
      'CLUSTER_NAME_UNFIT',
      'metadata.name',
      { clusters: [clusterOf({}, { name: 'a'.repeat(31) })] },
    ],
    'a placement that is not understood': [
      'PLACEMENT_UNFIT',
      'spec.provision.placement.network',
      { checkPlacement: () => [{ path: 'network', detail: 'unknown' }] },
    ],
    'no template': [
      'TEMPLATE_MISSING',
      'spec.provision.controlPlane.template',
      {
        gateway: {
          project: 'team',
          name: 'gw',
          isLeaving: false,
          spec: { ...GATEWAY, nodes: { sizes: GATEWAY.nodes?.sizes } },
        },
      },
    ],
    'an account without its Secret': [
      'ACCOUNT_NOT_READY',
      'spec.provision.account',
      { accounts: [{ account: accountOf(), credentials: { state: 'missing' } }] },
    ],
  };

  function of(code: string, field: string, provision: Partial<Provisioning>): (typeof broken)[string] {
    const path = `spec.provision${field === '' ? '' : `.${field}`}`;
    return [code, path, { clusters: [clusterOf(provision)] }];
  }

  for (const [what, [code, path, more]] of Object.entries(broken)) {
    test(`${what} is told with ${code} and its field, and no layer is made`, () => {
      const plan = planGateway(sourcesOf(more), []);
      const [[, findings = []] = []] = [...plan.clusterFindings];
      assert.ok(
        findings.some((finding) => finding.code === code && finding.path === path),
        JSON.stringify(findings),
      );
      assert.ok(code in platformError.table);
      assert.ok(plan.layers.every(({ cluster }) => cluster === undefined));
    });
  }

  test('skips no minor version of Kubernetes, and goes none back', () => {
    const releases = Object.fromEntries(
      ['v1.33.2', 'v1.34.4', 'v1.36.0'].map((version) => [version, { etcd: '1', coredns: '1' }]),
    );
    const packs: GatewaySources['packs'] = (name, version) =>
      name === 'machine-cluster' ? realPack(name, '1.0.0', { releases }) : samplePacks(name, version);
    const last = firstPlan({ packs });
    for (const kubernetes of ['1.33', '1.36']) {
      const plan = planGateway(sourcesOf({ packs, clusters: [clusterOf({ kubernetes })] }), last);
      assert.deepEqual(
        plan.clusterFindings.get('team/shop')?.map(({ code }) => code),
        ['KUBERNETES_STEP_INVALID'],
      );
    }
  });

  test('was made elsewhere by its gateway, and is not made twice', () => {
    const clusters = [clusterOf({}, { isMade: true })];
    const plan = planGateway(sourcesOf({ clusters }), []);
    assert.deepEqual(
      plan.clusterFindings.get('team/shop')?.map(({ code }) => code),
      ['GATEWAY_ELSEWHERE'],
    );
    const codes = (movedTo: string) => {
      const spec = { ...GATEWAY, movedTo };
      const gateway = { project: 'team', name: 'gw', spec, isLeaving: false };
      const { clusterFindings } = planGateway(sourcesOf({ clusters, gateway }), []);
      return clusterFindings.get('team/shop')?.map(({ code }) => code);
    };
    assert.deepEqual(codes(GATEWAY.cluster), []);
    assert.deepEqual(codes('where-it-was-before'), ['GATEWAY_ELSEWHERE']);
    const known = planGateway(sourcesOf({ clusters }), firstPlan());
    assert.deepEqual(known.clusterFindings.get('team/shop'), []);
  });

  test('that calls its machines as another cluster does is the younger one', () => {
    const older = clusterOf({ pools: [{ name: 'b-c', replicas: 1, size: 'small' }] }, { name: 'a' });
    const younger = clusterOf(
      { pools: [{ name: 'c', replicas: 1, size: 'small' }] },
      { name: 'a-b', created: '2026-02-01T00:00:00Z' },
    );
    const plan = planGateway(sourcesOf({ clusters: [younger, older] }), []);
    assert.deepEqual(plan.clusterFindings.get('team/a'), []);
    assert.deepEqual(
      plan.clusterFindings.get('team/a-b')?.map(({ code }) => code),
      ['MACHINE_NAMES_TAKEN'],
    );
  });

  test('without packs is told of the gateway, and what there is stays', () => {
    const last = firstPlan();
    const plan = planGateway(sourcesOf({ packs: () => undefined }), last);
    assert.ok(plan.findings.every(({ code }) => code === 'GATEWAY_PACK_MISSING'));
    assert.deepEqual(namesOf(plan.layers).sort(), namesOf(last).sort());
  });

  test('of another project is made where the account is shared, in a namespace of its own', () => {
    const account = accountOf();
    const shared = { ...account, spec: { ...account.spec, usableBy: ['other'] } };
    const texts = { state: 'found', texts: {} } as const;
    const clusters = [clusterOf({ accountProject: 'team' }, { project: 'other' })];
    const plan = planGateway(
      sourcesOf({ accounts: [{ account: shared, credentials: texts }], clusters }),
      [],
    );
    assert.deepEqual(plan.clusterFindings.get('other/shop'), []);
    assert.equal(plan.layers.at(-1)?.layer.namespace, clustersNamespace('other'));
    assert.notEqual(clusterLayerName('other', 'shop'), SHOP);
  });
});

test('a cluster for which there is no room is left out and told, and none that is there already', () => {
  const clusters = [clusterOf(), clusterOf({}, { name: 'late' })];
  const plan = planGateway(sourcesOf({ clusters }), []);
  const last = {
    layers: envelopeLayers(plan).filter(({ name }) => name !== clusterLayerName('team', 'late')),
  };
  const smaller = withoutOneMore(plan, last);
  assert.deepEqual(
    smaller?.clusterFindings.get('team/late')?.map(({ code }) => code),
    ['GATEWAY_FULL'],
  );
  assert.equal(smaller && withoutOneMore(smaller, last), undefined);
});

test('names of layers and namespaces fit, and are never those of another', () => {
  const long = 'x'.repeat(63);
  for (const name of [clusterLayerName(long, long), clusterLayerName('a', 'b')]) assert.ok(name.length <= 53);
  assert.ok(clustersNamespace(long).length <= 63);
  assert.notEqual(clusterLayerName('a-b', 'c'), clusterLayerName('a', 'b-c'));
  assert.equal(PROVISION.account, 'vc');
});
