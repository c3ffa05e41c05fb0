import { objectAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { describeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import type { SubjectComponent } from '../../forecast/upgrade-subject.ts';
import type { CheckContext, Found, UpgradeCheck } from './finding.ts';

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'];
const WIDTH = 4;

/**
 * Asks the API server to make, and not to keep, a pod of each workload: pods are what policies, quotas and webhooks refuse,
 * and a Deployment whose pods are refused is accepted without a word.
 */
export const admission: UpgradeCheck = {
  id: 'admission',
  title: 'Admission policies let the pods of the release in',
  ofRelease: false,
  run: async (context) => {
    const found = await mapLimited(context.subject.components, 2, (component) => tryPods(context, component));
    return found.flat();
  },
};

async function tryPods(
  context: CheckContext,
  { name, namespace, after }: SubjectComponent,
): Promise<Found[]> {
  const workloads = after.objects.filter(({ kind }) => WORKLOADS.includes(kind));
  const answers = await mapLimited(workloads, WIDTH, async (workload) => {
    const refusal = await tryPod(context, podOf(workload, namespace));
    return refusal === undefined
      ? []
      : [{ ...refusal, subject: `component ${name}: pods of ${describeObject(workload)}` }];
  });
  return answers.flat();
}

async function tryPod(
  { subject }: CheckContext,
  pod: KubeObject,
): Promise<Omit<Found, 'subject'> | undefined> {
  const { client, signal } = subject.engine;
  try {
    await client.create(pod, { dryRun: true, signal });
    return undefined;
  } catch (error) {
    // A namespace or service account that the release brings is not there yet; then nothing can be said.
    if (!isSkerryError(error) || error.code === 'NAMESPACE_NOT_FOUND') return undefined;
    const text = error.detail ?? error.message;
    if (/serviceaccount|service account/i.test(text) && /not found/.test(text)) return undefined;
    if (/does not support dry run/.test(text))
      return {
        severity: 'notes',
        message: `what a webhook says of them is not known: ${text}`,
        remedy: '',
      };
    if (error.code !== 'OBJECT_REFUSED' && error.code !== 'OBJECT_INVALID') throw error;
    return {
      severity: 'blocks',
      message: `would be refused: ${text}`,
      remedy: 'Change the policy, quota or webhook that is named, or exempt the namespace from it.',
    };
  }
}

function podOf(workload: KubeObject, namespace: string): KubeObject {
  const template = objectAt(workload, 'spec', 'template');
  const metadata = objectAt(template, 'metadata');
  const spec = objectAt(template, 'spec') ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${workload.metadata.name.slice(0, 40)}-skerry-preflight`,
      namespace: workload.metadata.namespace ?? namespace,
      labels: textsIn(metadata?.labels),
      annotations: textsIn(metadata?.annotations),
    },
    spec: workload.kind === 'Job' ? spec : { ...spec, restartPolicy: 'Always' },
  };
}

function textsIn(value: unknown): Record<string, string> {
  const entries = Object.entries(value !== null && typeof value === 'object' ? value : {});
  return Object.fromEntries(
    entries.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  );
}
