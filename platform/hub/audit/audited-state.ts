import { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';
import { CloudAccountStatus } from '../../api/cloud-account.ts';
import { ClusterSpec, ClusterStatus } from '../../api/cluster.ts';
import { EnrollmentSpec, EnrollmentStatus } from '../../api/enrollment.ts';
import { GROUP } from '../../api/group.ts';
import { ClusterRevisionSpec } from '../../api/revision.ts';
import { RolloutSpec, RolloutStatus } from '../../api/rollout.ts';
import type { AuditEntry } from './audit.ts';
import { PASSING } from './event-marks.ts';
import { fleetStream } from './fleet-stream.ts';

/** Something of the fleet as it is now; what it was when it was last written down decides whether it is news. */
export interface AuditedState {
  readonly stream: string;
  /** What it is, in a few words; empty for what needs no line as long as there was nothing before. */
  readonly state: string;
  /** Where it has a number of its own, which only grows. */
  readonly number?: number | undefined;
  readonly entry: Omit<AuditEntry, 'event'>;
}

/** What of an object is written down. */
export function statesOf(object: KubeObject): AuditedState[] {
  const { name, namespace: project = '' } = object.metadata;
  const place = `${project}/${name}`;
  const subject = `${object.kind}.${GROUP} ${place}`;
  const known = READERS[object.kind];
  return known === undefined ? [] : known(object, { place, project, subject });
}

interface Named {
  readonly place: string;
  readonly project: string;
  readonly subject: string;
}

const READERS: Readonly<Record<string, (object: KubeObject, named: Named) => AuditedState[]>> = {
  Cluster: (object, { place, subject }) => {
    const read = z
      .object({ spec: ClusterSpec, status: ClusterStatus.partial().optional() })
      .safeParse(object);
    if (!read.success) return [];
    const { spec, status } = read.data;
    const key = spec.agent?.key ?? '';
    const behind = status?.conditions?.find(({ type }) => type === 'HubBehind');
    const entry = { actor: 'fleet', subject, outcome: 'done' } as const;
    return [
      {
        stream: fleetStream('key', object.metadata.uid, place),
        state: key,
        entry: { ...entry, action: key === '' ? 'revoke-agent' : 'accept-agent', detail: key },
      },
      {
        stream: fleetStream('adopt', object.metadata.uid, place),
        state: behind?.status === 'True' ? behind.lastTransitionTime : '',
        entry: { ...entry, actor: 'hub', action: 'adopt-envelope', detail: behind?.message },
      },
      ...(status?.infrastructure?.replaced ?? []).map(({ machine, at, code, detail }) => ({
        stream: fleetStream(`${PASSING}machine-${machine}`, object.metadata.uid, place),
        state: at,
        entry: { ...entry, action: 'replace-machine', detail: `${machine}: ${code} ${detail}` },
      })),
    ].filter(({ stream, state }) => stream.startsWith('key ') || state !== '');
  },
  CloudAccount: (object, { place, subject }) => {
    const { verified, lastError } = CloudAccountStatus.safeParse(object.status).data ?? {};
    if (verified === undefined) return [];
    const code = verified ? 'verified' : (lastError?.code ?? 'refused');
    const outcome = verified ? 'done' : 'failed';
    const entry = { actor: 'fleet', action: 'verify-account', subject, outcome, detail: code } as const;
    return [{ stream: fleetStream('account', object.metadata.uid, place), state: code, entry }];
  },
  ClusterRevision: (object, { project, subject }) => {
    const spec = ClusterRevisionSpec.safeParse(object.spec).data;
    if (spec === undefined) return [];
    const detail = `${spec.digest} ${spec.cause}`;
    const entry = { actor: 'hub', action: 'make-envelope', subject, outcome: 'done', detail } as const;
    // A cluster that is made again under the name of another begins with number 1 again.
    const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === 'Cluster');
    const stream = fleetStream('envelope', owner?.uid, `${project}/${spec.cluster}`);
    return [{ stream, state: spec.digest, number: spec.number, entry }];
  },
  Rollout: (object, { place, subject }) => {
    const spec = RolloutSpec.safeParse(object.spec).data;
    const phase = RolloutStatus.safeParse(object.status).data?.phase;
    if (spec === undefined || phase === undefined) return [];
    const detail = `${spec.profile} ${spec.version}: ${phase}`;
    const outcome = phase === 'Stopped' ? 'failed' : 'done';
    const entry = { actor: 'hub', action: 'roll-out', subject, outcome, detail } as const;
    const stream = fleetStream('rollout', object.metadata.uid, place);
    return [{ stream, state: `${spec.version} ${phase}`, entry }];
  },
  Enrollment: (object, { place, subject }) => {
    const spec = EnrollmentSpec.safeParse(object.spec).data;
    if (spec === undefined) return [];
    const usedBy = EnrollmentStatus.safeParse(object.status).data?.usedBy;
    const action = usedBy === undefined ? 'offer-enrollment' : 'use-enrollment';
    const detail = usedBy ?? `until ${spec.expiresAt}`;
    const entry = { actor: 'fleet', action, subject, outcome: 'done', detail } as const;
    const stream = fleetStream(`${PASSING}enrollment`, object.metadata.uid, place);
    return [{ stream, state: usedBy ?? 'offered', entry }];
  },
};
