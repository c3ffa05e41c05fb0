import { z } from 'zod';
import { isJsonObject } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { LabelName } from '../../api/names.ts';
import { Fault } from '../http/problem.ts';

/** A name of an object, as most of the Kubernetes API takes them (RFC 1123 subdomain). */
export const ObjectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);

export const ProjectName = LabelName.meta({ description: 'A namespace that is a project.' });

const LabelKey = z
  .string()
  .max(317)
  .regex(/^([a-z0-9][-a-z0-9.]*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
const LabelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/);
const Labels = z.record(LabelKey, LabelValue);

/** An object as the hub's API gives it. */
export interface WireObject {
  readonly name: string;
  readonly project: string;
  readonly uid: string;
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The resourceVersion, which the ETag repeats. */
  readonly version: string;
  /** Grows by each change of the spec; a status that has observed it is about this spec. */
  readonly generation?: number;
  readonly deleting?: string;
  readonly spec: unknown;
  readonly status?: unknown;
}

/** What somebody wants an object to be. */
export interface WantedObject {
  readonly name: string;
  readonly project: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: unknown;
}

/** Schema of the answers about one kind. */
export function answerSchema({ spec, answered = spec, status }: CustomResource) {
  return z.object({
    name: z.string(),
    project: z.string(),
    uid: z.string(),
    created: z.iso.datetime(),
    labels: z.record(z.string(), z.string()),
    version: z.string().meta({ description: 'Changes with each write; what the ETag says.' }),
    generation: z.int().optional().meta({ description: 'Grows by each change of the spec.' }),
    deleting: z.string().optional().meta({ description: 'Since when the object is about to go.' }),
    spec: answered,
    ...(status === undefined ? {} : { status: status.optional() }),
    warnings: z.array(Fault).optional().meta({
      description: 'Where it was just written: what it waits for, as something that it names is missing.',
    }),
  });
}

/** Schema of what is sent to make or replace an object; what an answer has besides is taken and not heeded. */
export function inputSchema({ spec }: CustomResource) {
  const ignored = z.unknown().optional().meta({ description: 'Taken as it was answered, and not heeded.' });
  return z.strictObject({
    name: ObjectName.optional().meta({ description: 'May be absent where the address has it.' }),
    project: ProjectName.optional(),
    labels: Labels.optional(),
    spec,
    uid: ignored,
    created: ignored,
    version: ignored,
    generation: ignored,
    deleting: ignored,
    status: ignored,
    warnings: ignored,
  });
}

export const PatchInput = z
  .strictObject({ labels: z.unknown().optional(), spec: z.unknown().optional() })
  .meta({ description: 'A merge patch (RFC 7396) of labels and spec.' });

export function toWire({ metadata, spec, status }: KubeObject): WireObject {
  const { name, namespace, uid, creationTimestamp, labels, resourceVersion, deletionTimestamp, generation } =
    metadata;
  return {
    name,
    project: namespace ?? '',
    uid: uid ?? '',
    created: creationTimestamp ?? '',
    labels: labels ?? {},
    version: resourceVersion ?? '',
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deleting: deletionTimestamp }),
    spec: isJsonObject(spec) ? spec : {},
    ...(status === undefined ? {} : { status }),
  };
}

export function apiVersionOf({ group, version }: CustomResource): string {
  return `${group}/${version}`;
}

export function referenceTo(kind: CustomResource, namespace: string, name: string) {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { namespace, name } };
}
