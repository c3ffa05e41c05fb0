import { isSkerryError } from '../../content/error.ts';
import { platformError } from '../errors.ts';
import { attributePath, diagnosticsOf, errorDiagnostic } from './diagnostic.ts';
import type { HubAccess, HubSetting } from './hub-access.ts';
import type { Call } from './plugin/grpc.ts';
import { typedCall } from './plugin/typed-call.ts';
import { type Diagnostic, type DynamicValue, Provider } from './protocol/plugin_pb.ts';
import { PROVIDER_ATTRIBUTES } from './provider-attributes.ts';
import { allEphemeralResources, allResources } from './resources/index.ts';
import { textOf } from './resources/object-state.ts';
import type { Resource, Work } from './resources/resource.ts';
import { type Attribute, objectTypeOf } from './schema/attribute.ts';
import { CAPABILITIES } from './schema/capabilities.ts';
import { allSources } from './sources/index.ts';
import { valueOfState } from './value/state-json.ts';
import { isObjectValue, isWhollyKnown, type ObjectValue, type Value } from './value/value.ts';
import { decodeValue, encodeValue } from './value/wire.ts';

export interface ProviderOptions {
  /** Opens the hub that the configuration names. */
  readonly open: (setting: HubSetting) => Promise<HubAccess>;
  /** Ends all work: the user has interrupted the core. */
  readonly stopped: AbortController;
  readonly log: (message: string) => void;
}

/** What cores of OpenTofu and Terraform ask (plugin protocol 6), but for what front.ts answers. */
export function providerCalls({ open, stopped, log }: ProviderOptions): ReadonlyMap<string, Call> {
  const resources = new Map(allResources().map((resource) => [resource.typeName, resource]));
  const sources = new Map(allSources().map((source) => [source.typeName, source]));
  const ephemerals = new Map(allEphemeralResources().map((one) => [one.typeName, one]));
  let hub: HubAccess | undefined;
  let isLater = false;
  const work = (): Work | undefined => (hub === undefined ? undefined : { hub, signal: stopped.signal, log });
  const needed = (): Work => {
    const found = work();
    if (found === undefined) throw platformError('NOT_LOGGED_IN', { subject: 'provider "skerry"' });
    return found;
  };
  return new Map([
    typedCall(Provider.method.getMetadata, () => ({
      serverCapabilities: CAPABILITIES,
      resources: [...resources.keys()].map((typeName) => ({ typeName })),
      dataSources: [...sources.keys()].map((typeName) => ({ typeName })),
      ephemeralResources: [...ephemerals.keys()].map((typeName) => ({ typeName })),
    })),
    typedCall(
      Provider.method.configureProvider,
      async ({ config }) =>
        await saying(PROVIDER_ATTRIBUTES, async () => {
          const setting = objectOf(config, PROVIDER_ATTRIBUTES) ?? {};
          // What another resource has yet to make: nothing can be asked before it is there.
          isLater = !isWhollyKnown(setting);
          if (isLater) return {};
          const { url, ca, token, project } = setting;
          hub = await open({
            url: textOf(url),
            ca: textOf(ca),
            token: textOf(token),
            project: textOf(project),
          });
          return {};
        }),
    ),
    typedCall(Provider.method.upgradeResourceState, async ({ typeName, rawState }) => {
      const { attributes } = found(resources, typeName);
      return await saying(attributes, async () => {
        const json: unknown = JSON.parse(Buffer.from(rawState?.json ?? []).toString('utf8'));
        const state = valueOfState(json, objectTypeOf(attributes));
        return { upgradedState: wire(state, attributes) };
      });
    }),
    typedCall(Provider.method.readResource, async ({ typeName, currentState }) => {
      const resource = found(resources, typeName);
      const { attributes } = resource;
      return await saying(attributes, async () => {
        const state = objectOf(currentState, attributes);
        // Where the hub is not known yet, it is as it was.
        if (state !== undefined && isLater) return { newState: wire(state, attributes) };
        const now = state === undefined ? undefined : await resource.read(needed(), state);
        return { newState: wire(now ?? null, attributes) };
      });
    }),
    typedCall(Provider.method.planResourceChange, async ({ typeName, priorState, proposedNewState }) => {
      const resource = found(resources, typeName);
      const { attributes } = resource;
      return await saying(attributes, async () => {
        const before = objectOf(priorState, attributes);
        const proposed = objectOf(proposedNewState, attributes);
        if (proposed === undefined) return { plannedState: wire(null, attributes) };
        const plan = await resource.plan(work(), { before, proposed });
        return {
          plannedState: wire(plan.planned, attributes),
          requiresReplace: plan.replace.map((name) => attributePath([name])),
          diagnostics: [...(plan.diagnostics ?? [])],
        };
      });
    }),
    typedCall(Provider.method.applyResourceChange, async ({ typeName, priorState, plannedState }) => {
      const resource = found(resources, typeName);
      const { attributes } = resource;
      const before = objectOf(priorState, attributes);
      return await saying(
        attributes,
        async () => {
          const planned = objectOf(plannedState, attributes);
          const now = await applied(resource, needed(), before, planned);
          return { newState: wire(now ?? null, attributes) };
        },
        // Nothing was done, or it is read when the next plan begins.
        { newState: wire(before ?? null, attributes) },
      );
    }),
    typedCall(Provider.method.importResourceState, async ({ typeName, id }) => {
      const resource = found(resources, typeName);
      const { attributes } = resource;
      return await saying(attributes, async () => {
        const state = resource.importState(needed(), id);
        const now = await resource.read(needed(), state);
        if (now === undefined) throw platformError('OBJECT_NOT_FOUND', { subject: `${typeName} ${id}` });
        return { importedResources: [{ typeName, state: wire(now, attributes) }] };
      });
    }),
    typedCall(Provider.method.readDataSource, async ({ typeName, config }) => {
      const source = found(sources, typeName);
      const { attributes } = source;
      return await saying(attributes, async () => {
        const state = await source.read(needed(), objectOf(config, attributes) ?? {});
        return { state: wire(state, attributes) };
      });
    }),
    typedCall(Provider.method.openEphemeralResource, async ({ typeName, config }) => {
      const { attributes, open: opened } = found(ephemerals, typeName);
      return await saying(attributes, async () => {
        const result = await opened(needed(), objectOf(config, attributes) ?? {});
        return { result: wire(result, attributes) };
      });
    }),
  ]);
}

async function applied(
  resource: Resource,
  work: Work,
  before: ObjectValue | undefined,
  planned: ObjectValue | undefined,
): Promise<ObjectValue | undefined> {
  if (planned === undefined) {
    if (before !== undefined) await resource.delete(work, before);
    return undefined;
  }
  return before === undefined
    ? await resource.create(work, planned)
    : await resource.update(work, { before, planned });
}

/** An answer, or what went wrong as diagnostics beside `otherwise`. */
async function saying<T extends object>(
  attributes: readonly Attribute[],
  answer: () => Promise<T>,
  otherwise?: T,
): Promise<(T | object) & { diagnostics?: Diagnostic[] }> {
  try {
    return await answer();
  } catch (error) {
    const diagnostics = isAbort(error)
      ? [
          errorDiagnostic({
            summary: 'Interrupted',
            detail: 'It was stopped before it was done; plan again to see what is there.',
          }),
        ]
      : diagnosticsOf(error, attributes);
    return { ...otherwise, diagnostics };
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError' && !isSkerryError(error);
}

function found<T>(all: ReadonlyMap<string, T>, typeName: string): T {
  const one = all.get(typeName);
  if (one === undefined)
    throw platformError('PROVIDER_VALUE_INVALID', { subject: typeName, detail: 'no such type' });
  return one;
}

function objectOf(
  value: DynamicValue | undefined,
  attributes: readonly Attribute[],
): ObjectValue | undefined {
  if (value === undefined || value.msgpack.byteLength === 0) return undefined;
  const decoded = decodeValue(value.msgpack, objectTypeOf(attributes));
  return isObjectValue(decoded) ? decoded : undefined;
}

function wire(value: Value, attributes: readonly Attribute[]) {
  return { msgpack: encodeValue(value, objectTypeOf(attributes)) };
}
