import { listAt, objectAt, textAt } from '../json.ts';
import { describeObject, groupOf, type KubeObject } from '../object.ts';
import type { ScriptedApiServer } from './api-server.ts';
import { Refusal } from './objects.ts';

/**
 * What the API server does about CustomResourceDefinitions: serves them, keeps account of the versions that objects are
 * stored in, and lets none of those go.
 */
export class Definitions {
  /** The version that each custom resource was stored in last, by what describeObject says of it. */
  readonly storedAs = new Map<string, string>();
  readonly #server: ScriptedApiServer;

  constructor(server: ScriptedApiServer) {
    this.#server = server;
    server.objects.controller = (object) =>
      object.kind === 'CustomResourceDefinition' ? this.#define(object) : this.#store(object);
  }

  storedVersions(crd: string): string[] {
    return listAt(this.#definition(crd), 'status', 'storedVersions').map(String);
  }

  versions(crd: string): string[] {
    return listAt(this.#definition(crd), 'spec', 'versions').map((version) => textAt(version, 'name') ?? '');
  }

  #definition(name: string): KubeObject | undefined {
    return this.#server.objects.find(`CustomResourceDefinition.apiextensions.k8s.io ${name}`);
  }

  #define(crd: KubeObject): KubeObject {
    const versions = listAt(crd, 'spec', 'versions');
    const names = versions.map((version) => textAt(version, 'name'));
    const stored = listAt(crd, 'status', 'storedVersions').map(String);
    const lost = stored.find((version) => !names.includes(version));
    if (lost !== undefined)
      throw new Refusal(422, 'Invalid', `status.storedVersions[0]: Invalid value: "${lost}": must appear`);
    const storage = storageOf(crd) ?? '';
    const conditions = ['NamesAccepted', 'Established'].map((type) => ({ type, status: 'True' }));
    const storedVersions = stored.includes(storage) ? stored : [...stored, storage];
    return { ...crd, status: { ...objectAt(crd, 'status'), conditions, storedVersions } };
  }

  #store(object: KubeObject): KubeObject {
    const crd = this.#server.objects
      .all()
      .find(
        ({ kind, spec }) =>
          kind === 'CustomResourceDefinition' &&
          textAt(spec, 'group') === groupOf(object.apiVersion) &&
          textAt(spec, 'names', 'kind') === object.kind,
      );
    const storage = crd && storageOf(crd);
    if (storage !== undefined) this.storedAs.set(describeObject(object), storage);
    return object;
  }
}

function storageOf(crd: KubeObject): string | undefined {
  const version = listAt(crd, 'spec', 'versions').find((one) => objectAt({ one }, 'one')?.storage === true);
  return textAt(version, 'name');
}
