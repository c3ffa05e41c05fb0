import { z } from 'zod';
import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { Cluster } from '../../api/cluster.ts';
import { Enrollment, EnrollmentSpec, EnrollmentStatus } from '../../api/enrollment.ts';
import { API_VERSION } from '../../api/group.ts';
import { KeyFingerprint, SecretKey } from '../../api/names.ts';
import { platformError } from '../../errors.ts';

/** What matters here of a Cluster; the rest is written back as it was read. */
export const StoredCluster = z.object({
  spec: z.looseObject({
    agent: z.looseObject({ key: KeyFingerprint.optional() }).optional(),
    kubeconfig: SecretKey.optional(),
  }),
  status: z
    .looseObject({
      id: z.string().optional(),
      sealingKey: z.record(z.string(), z.unknown()).optional(),
      request: z.looseObject({ key: z.string() }).optional(),
    })
    .optional(),
});
export type StoredCluster = z.infer<typeof StoredCluster>;
export const StoredEnrollment = z.object({ spec: EnrollmentSpec, status: EnrollmentStatus.optional() });
export type StoredEnrollment = z.infer<typeof StoredEnrollment>;

export function clusterReference(project: string, name: string) {
  return { apiVersion: API_VERSION, kind: Cluster.kind, metadata: { namespace: project, name } };
}

export function enrollmentReference(project: string, name: string) {
  return { apiVersion: API_VERSION, kind: Enrollment.kind, metadata: { namespace: project, name } };
}

const MAX_TRIES = 8;

export interface Change {
  readonly reference: ReturnType<typeof clusterReference>;
  readonly subresource?: 'status' | undefined;
  /** What the object should be; undefined when it may stay as it is. It is asked again when others were quicker. */
  readonly to: (object: KubeObject) => KubeObject | undefined;
}

/**
 * Reads an object and writes it changed, until nobody else was quicker; undefined when there is none.
 * Throws CLUSTER_CHANGING and what KubeClient throws.
 */
export async function change(
  client: Pick<KubeClient, 'get' | 'replace'>,
  { reference, subresource, to }: Change,
  options: CallOptions,
): Promise<KubeObject | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const object = await client.get(reference, options);
    const wanted = object === undefined ? undefined : to(object);
    if (object === undefined || wanted === undefined) return object;
    try {
      return await client.replace(wanted, { ...options, subresource });
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    }
  }
  const { namespace, name } = reference.metadata;
  throw platformError('CLUSTER_CHANGING', { subject: `${reference.kind} ${namespace}/${name}` });
}
