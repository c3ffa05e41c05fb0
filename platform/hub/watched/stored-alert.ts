import type { KubeObject } from '../../../apply/object.ts';
import { AlertSpec, AlertStatus } from '../../api/alert.ts';

/** An Alert as it is in the cluster. */
export interface StoredAlert {
  readonly project: string;
  readonly name: string;
  readonly spec: AlertSpec;
  /** Absent when the hub was stopped between making the object and its status. */
  readonly status: AlertStatus | undefined;
  readonly object: KubeObject;
}

/** Undefined for an object that is none. */
export function storedAlert(object: KubeObject): StoredAlert | undefined {
  const { name, namespace: project } = object.metadata;
  const spec = AlertSpec.safeParse(object.spec).data;
  if (project === undefined || spec === undefined) return undefined;
  return { project, name, spec, status: AlertStatus.safeParse(object.status).data, object };
}

export function isFiring({ status }: Pick<StoredAlert, 'status'>): boolean {
  return status !== undefined && status.resolvedAt === undefined;
}
