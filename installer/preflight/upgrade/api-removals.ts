import { listAt, textAt } from '../../../apply/json.ts';
import { describeObject, type KubeObject } from '../../../apply/object.ts';
import { removedApis } from '../../../bundle/checks/removed-apis.ts';
import type { CheckContext, Found, UpgradeCheck } from './finding.ts';

/**
 * APIs that this cluster does not serve: those that the new release applies, and those that Helm keeps of the old one. Helm
 * reads the old objects when it upgrades, and fails on a kind that is gone.
 */
export const apiRemovals: UpgradeCheck = {
  id: 'api-removals',
  title: 'The cluster serves all APIs that old and new objects use',
  ofRelease: true,
  run: async (context) => {
    const { components, engine, to } = context.subject;
    const brought = new Set(components.flatMap(({ after }) => after.crds.flatMap(kindsOf)));
    const isServed = async ({ apiVersion, kind }: KubeObject) =>
      brought.has(`${apiVersion} ${kind}`) ||
      (await engine.client.isServed(apiVersion, kind, { signal: engine.signal }));
    const found: Found[] = [];
    for (const { name, before, after } of components) {
      for (const object of await unserved(after.objects, isServed))
        found.push(unknownKind(object, `component ${name}`));
      for (const object of await unserved(before, isServed)) found.push(goneKind(object, name));
      found.push(...soonGone(context, name, after.objects, to.release.kubernetes));
    }
    return found;
  },
};

async function unserved(objects: readonly KubeObject[], isServed: (object: KubeObject) => Promise<boolean>) {
  const kinds = new Map(objects.map((object) => [`${object.apiVersion} ${object.kind}`, object]));
  const found: KubeObject[] = [];
  for (const object of kinds.values()) if (!(await isServed(object))) found.push(object);
  return found;
}

function unknownKind(object: KubeObject, where: string): Found {
  return {
    severity: 'blocks',
    subject: `${where}: ${describeObject(object)}`,
    message: `this cluster serves no ${object.kind} of ${object.apiVersion}`,
    remedy: 'Install what brings this API (often the CRDs of another product), or use a release without it.',
  };
}

function goneKind(object: KubeObject, component: string): Found {
  return {
    severity: 'blocks',
    subject: `component ${component}: ${describeObject(object)}`,
    message: `what runs was applied as ${object.apiVersion}, which this cluster does not serve any more; Helm can't upgrade it`,
    remedy:
      'Upgrade to a release that does without it before the cluster; or ask the vendor how to mend Helm’s record.',
  };
}

function soonGone(
  { subject }: CheckContext,
  component: string,
  objects: readonly KubeObject[],
  range: string,
): Found[] {
  return removedApis(objects, `component ${component}`, { range, versions: [] }).map(({ place, detail }) => ({
    severity: 'warns',
    subject: place,
    message: detail,
    remedy: `Before Kubernetes is upgraded that far, use a newer release than ${subject.to.release.version}.`,
  }));
}

function kindsOf(crd: KubeObject): string[] {
  const [group, kind] = [textAt(crd, 'spec', 'group'), textAt(crd, 'spec', 'names', 'kind')];
  return listAt(crd, 'spec', 'versions').map((version) => `${group}/${textAt(version, 'name')} ${kind}`);
}
