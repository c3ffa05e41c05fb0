import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Claim, STORAGE_CLASS, storageWork, type Volume } from './storage.ts';

const NODE = { 'volume.kubernetes.io/selected-node': 'island' };

function claim(name: string, annotations: Record<string, string>, spec: Partial<Claim['spec']> = {}): Claim {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, annotations },
    spec: {
      storageClassName: STORAGE_CLASS,
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...spec,
    },
  };
}

function volume(name: string, phase: string, storageClassName = STORAGE_CLASS): Volume {
  return { metadata: { name }, spec: { storageClassName }, status: { phase } };
}

describe('the provisioner of a test cluster', () => {
  it('makes a volume for a claim that has been given a node', () => {
    const { create } = storageWork([claim('data', NODE)], []);
    assert.deepEqual(
      create.map(({ metadata, spec }) => [metadata.name, spec.claimRef.uid, spec.capacity.storage]),
      [['pvc-uid-data', 'uid-data', '1Gi']],
    );
  });

  it('leaves claims alone that wait, that are bound, that have their volume, or that are not its own', () => {
    const claims = [
      claim('waits', {}),
      claim('bound', NODE, { volumeName: 'pvc-uid-bound' }),
      claim('made', NODE),
      claim('other', NODE, { storageClassName: 'other' }),
    ];
    const volumes = [volume('pvc-uid-bound', 'Bound'), volume('pvc-uid-made', 'Available')];
    assert.deepEqual(storageWork(claims, volumes), { create: [], remove: [] });
  });

  it('removes the volumes of its class whose claim is gone', () => {
    const volumes = [
      volume('gone', 'Released'),
      volume('used', 'Bound'),
      volume('theirs', 'Released', 'other'),
    ];
    assert.deepEqual(storageWork([], volumes).remove, ['gone']);
  });
});
