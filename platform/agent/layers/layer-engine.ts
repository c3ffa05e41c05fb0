import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { Helm } from '../../../apply/helm/helm.ts';
import { isJsonObject, type JsonObject } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { Component, Engine } from '../../../apply/release/component.ts';
import { installComponent } from '../../../apply/release/install.ts';
import { componentObjects } from '../../../apply/release/objects.ts';
import { type ComponentState, readComponents } from '../../../apply/release/state.ts';
import { uninstallComponent } from '../../../apply/release/uninstall.ts';
import { isSkerryError } from '../../../content/error.ts';
import { REGISTRY_ON_NODES, REGISTRY_PORT, REGISTRY_SERVICE } from '../../desired/agent-names.ts';
import type { EnvelopeLayer, EnvelopeRegistry } from '../../desired/envelope.ts';
import type { Pack } from '../../desired/pack.ts';
import { packImages } from '../../desired/pack-images.ts';
import { platformError } from '../../errors.ts';
import { asCrdOfLayer } from '../drift/layer-crds.ts';
import { releaseObjects } from '../drift/release-objects.ts';
import { asChartOfLayer, isForeign, refuseForeign } from './layer-owner.ts';
import { checkPermissions, permissionsForObjects } from './layer-permissions.ts';
import { layerValues } from './layer-values.ts';
import { LeavingObjects } from './leaving-objects.ts';
import { type OpenRegistry, openRegistry, readLayerPack, type Unseal } from './pack-store.ts';
import { addressOnNodes } from './registry-on-nodes.ts';
import { withoutSealed } from './sealed-texts.ts';

/** What is done with one layer in the cluster. */
export interface LayerEngine {
  /**
   * Applies it and waits until it is healthy. Throws what installComponent does, CLUSTER_FORBIDDEN, LAYER_FOREIGN, PACK_
   * codes.
   */
  apply(layer: EnvelopeLayer, options: ApplyLayerOptions): Promise<void>;
  /** How it is right now. */
  state(
    layer: Pick<EnvelopeLayer, 'name' | 'namespace' | 'health'>,
    signal: AbortSignal,
  ): Promise<ComponentState>;
  /** What was applied, hooks left out, with Helm's marks; nothing where it is not whole. */
  objects(
    layer: Pick<EnvelopeLayer, 'name' | 'namespace'>,
    signal: AbortSignal,
  ): Promise<readonly KubeObject[]>;
  /**
   * False when there was nothing of this agent. Throws LAYER_FAILED for what does not go away, until all of it has.
   */
  remove(layer: Pick<EnvelopeLayer, 'name' | 'namespace'>, options: RemoveLayerOptions): Promise<boolean>;
}

export interface ApplyLayerOptions {
  readonly registries: readonly EnvelopeRegistry[];
  /** The agent remembers having applied it; otherwise the release has to say so itself. */
  readonly isOurs: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** Called with what went, once it was asked to, since the layer does not have it any more. */
  readonly onDropped: (objects: readonly KubeObject[]) => Promise<void>;
}

export interface RemoveLayerOptions extends Pick<ApplyLayerOptions, 'isOurs' | 'signal'> {
  /** What an earlier try has asked to go, as far as the agent remembers. */
  readonly leaving: readonly KubeObject[];
  /** Called with what is about to be asked to go, before it is: it must be known of after a restart. */
  readonly onLeaving: (objects: readonly KubeObject[]) => Promise<void>;
}

export interface LayerEngineInput {
  readonly client: KubeClient;
  readonly helm: Helm;
  /** A private folder. */
  readonly scratch: string;
  /** The agent's own namespace, where the platform's registry has its Service. */
  readonly namespace: string;
  readonly unseal: Unseal;
}

/** The engine over a real cluster and a real registry. */
export function layerEngine(input: LayerEngineInput): LayerEngine {
  const { client, helm } = input;
  const leaving = new LeavingObjects();
  return {
    apply: async (layer, options) => await applyLayer(input, layer, options),
    state: async ({ name, namespace, health }, signal) => {
      const [state] = await readComponents({ client, helm, signal }, [{ name, namespace, health }]);
      return state ?? { name, namespace, healthy: false, objects: 0, problems: ['not installed'] };
    },
    objects: async (layer, signal) => (await releaseObjects(client, layer, { signal })) ?? [],
    remove: async (layer, options) => await removeLayer(input, layer, leaving, options),
  };
}

async function applyLayer(
  input: LayerEngineInput,
  layer: EnvelopeLayer,
  { registries, isOurs, signal, onProgress, onDropped }: ApplyLayerOptions,
): Promise<void> {
  const { client, helm, unseal } = input;
  if (!isOurs) await refuseForeign(client, layer, signal);
  onProgress('pulling');
  const registry = await openRegistry(registries, layer, unseal);
  const scratch = join(input.scratch, layer.name);
  try {
    const pack = await readLayerPack(registry.store, layer, signal);
    await checkPermissions(client, `layer ${layer.name}`, pack.config.permissions, signal);
    const secret = layer.sealed === undefined ? {} : await unsealed(layer.sealed, layer.name, unseal);
    const component = componentOf(input, layer, pack, registry, secret);
    await makeNamespace(client, layer, signal);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const engine = { client, helm, scratch, signal };
    await install(engine, component, { onProgress, onDropped }).catch((error: unknown) => {
      throw withoutSealed(error, secret);
    });
  } finally {
    await registry.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

// Helm only asks for the deletion, and forgets the release; a layer is gone when its objects are.
async function removeLayer(
  { client, helm }: LayerEngineInput,
  { name, namespace }: Pick<EnvelopeLayer, 'name' | 'namespace'>,
  leaving: LeavingObjects,
  { isOurs, signal, leaving: remembered, onLeaving }: RemoveLayerOptions,
): Promise<boolean> {
  const layer = { name, namespace };
  if (!isOurs && (await isForeign(client, layer, signal))) return false;
  const objects = (await componentObjects({ client, signal }, layer)) ?? [];
  leaving.add(layer, objects);
  leaving.recall(layer, remembered);
  if (objects.length > 0) await onLeaving(objects);
  const removed = await uninstallComponent({ client, helm, signal }, layer, () => undefined);
  await leaving.waitGone(client, layer, signal);
  return removed;
}

function componentOf(
  { namespace: own }: LayerEngineInput,
  { name, namespace, pack, values, health, timeoutSeconds }: EnvelopeLayer,
  { config }: Pack,
  { store, address }: OpenRegistry,
  secret: JsonObject,
): Component {
  const platform = { address: `${REGISTRY_SERVICE}.${own}.svc:${REGISTRY_PORT}`, onNodes: REGISTRY_ON_NODES };
  return {
    name,
    namespace,
    chart: { store, repository: pack.repository, digest: pack.digest },
    values: layerValues(config.values, values, secret),
    images: packImages(config, addressOnNodes(address, platform)),
    health,
    timeoutMs: timeoutSeconds * 1000,
  };
}

async function install(
  engine: Engine,
  component: Component,
  told: Pick<ApplyLayerOptions, 'onProgress' | 'onDropped'>,
): Promise<void> {
  const { client, signal } = engine;
  await installComponent(engine, component, {
    // What somebody else has set is drift's business; an apply that stops half way helps nobody.
    onConflict: 'take',
    onCrds: async () => undefined,
    ...told,
    prepare: async (rendering) => {
      const { crds, objects } = rendering;
      const needed = await permissionsForObjects(client, [...crds, ...objects], signal);
      await checkPermissions(client, `layer ${component.name}`, needed, signal);
      return {
        ...rendering,
        chart: asChartOfLayer(rendering.chart, component.name),
        crds: crds.map((crd) => asCrdOfLayer(crd, component.name)),
        objects: objects.map(kept),
      };
    },
  });
}

/** What Helm leaves alone whatever becomes of the release: data, and namespaces with what others have put into them. */
const KEPT_KINDS = new Set(['PersistentVolumeClaim', 'Namespace']);

const KEEP = 'helm.sh/resource-policy';

function kept(object: KubeObject): KubeObject {
  if (!KEPT_KINDS.has(object.kind)) return object;
  const annotations = { ...object.metadata.annotations, [KEEP]: 'keep' };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

async function makeNamespace(
  client: KubeClient,
  { namespace }: EnvelopeLayer,
  signal: AbortSignal,
): Promise<void> {
  const reference = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  if ((await client.get(reference, { signal })) !== undefined) return;
  try {
    await client.create(reference, { signal });
  } catch (error) {
    // Another layer was faster.
    if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
  }
}

async function unsealed(sealed: string, layer: string, unseal: Unseal): Promise<JsonObject> {
  const values = await unseal(sealed);
  if (isJsonObject(values)) return values;
  throw platformError('LAYER_FAILED', {
    subject: `layer ${layer}`,
    detail: 'its sealed values are no object',
  });
}
