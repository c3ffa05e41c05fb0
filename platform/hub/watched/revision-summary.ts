import { z } from 'zod';
import { isJsonObject } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { ClusterRevisionSpec } from '../../api/revision.ts';
import { StoredMetadata } from '../../api/stored-metadata.ts';
import type { StoredRevision } from './stored.ts';

/** What is known of a revision without its envelope, which is read when it is needed: they are large. */
export interface RevisionSummary {
  readonly name: string;
  readonly cluster: string;
  readonly number: number;
  readonly digest: string;
  readonly cause: string;
  readonly released: boolean;
}

export function summaryOf({ metadata, spec }: SummedUp): RevisionSummary {
  const { cluster, number, digest, cause, releasedAt } = spec;
  return { name: metadata.name, cluster, number, digest, cause, released: releasedAt !== undefined };
}

type SummedUp = Pick<StoredRevision, 'metadata'> & {
  readonly spec: Omit<StoredRevision['spec'], 'envelope'>;
};

export const SummedUpRevision = z
  .object({ metadata: StoredMetadata, spec: ClusterRevisionSpec.omit({ envelope: true }) })
  .transform(summaryOf);

export function withoutEnvelope(object: KubeObject): KubeObject {
  if (!isJsonObject(object.spec)) return object;
  const { envelope: _, ...spec } = object.spec;
  return { ...object, spec };
}
