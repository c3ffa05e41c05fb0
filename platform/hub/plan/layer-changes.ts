import { isDeepStrictEqual } from 'node:util';
import type { Envelope, EnvelopeLayer } from '../../desired/envelope.ts';
import { isSystemLayer } from '../compile/gateway/system-packs.ts';
import { type FieldChange, fieldChanges } from './field-changes.ts';

/** What becomes of one layer of a cluster. */
export interface LayerChange {
  readonly name: string;
  readonly change: 'add' | 'change' | 'remove' | 'none';
  /** For people: `6.9.0 → 6.9.1, values`. */
  readonly detail?: string | undefined;
  readonly version?: string | undefined;
  readonly versionBefore?: string | undefined;
  /** What is another in its values; secret ones are not among them. */
  readonly values?: FieldChange[] | undefined;
}

type Layers = Pick<Envelope, 'layers'>;

/** Layer by layer in the order in which they are applied, then those that go. What a gateway makes is not among them. */
export function layerChanges(before: Layers | undefined, after: Layers): LayerChange[] {
  const was = new Map((before?.layers ?? []).map((layer) => [layer.name, layer]));
  const names = new Set(after.layers.map(({ name }) => name));
  const stay = after.layers
    .filter((layer) => !isSystemLayer(layer))
    .map((layer) => change(was.get(layer.name), layer));
  const go = [...was.values()].filter((layer) => !isSystemLayer(layer) && !names.has(layer.name));
  return [...stay, ...go.map(removal)];
}

function change(was: EnvelopeLayer | undefined, layer: EnvelopeLayer): LayerChange {
  const { name, pack } = layer;
  const { version } = pack;
  if (was === undefined) return { name, change: 'add', detail: version, version };
  const versions = { version, versionBefore: was.pack.version };
  if (isDeepStrictEqual(plain(was), plain(layer))) return { name, change: 'none', ...versions };
  const values = fieldChanges(was.values, layer.values);
  const parts = [
    ...(version === was.pack.version ? [] : [`${was.pack.version} → ${version}`]),
    ...(version === was.pack.version && pack.digest !== was.pack.digest
      ? ['same version, other content']
      : []),
    ...(values.length === 0 ? [] : ['values']),
    ...(layer.sealedMark === was.sealedMark ? [] : ['secret values']),
    ...SETTINGS.filter((setting) => !isDeepStrictEqual(was[setting], layer[setting])),
  ];
  return {
    name,
    change: 'change',
    detail: parts.length === 0 ? 'settings' : parts.join(', '),
    ...versions,
    ...(values.length === 0 ? {} : { values }),
  };
}

const SETTINGS = ['namespace', 'dependsOn', 'timeoutSeconds', 'health', 'drift', 'onRemove'] as const;

function removal({ name, pack, onRemove }: EnvelopeLayer): LayerChange {
  const detail = onRemove === 'prune' ? 'its objects are deleted' : 'its objects stay';
  return { name, change: 'remove', detail, versionBefore: pack.version };
}

/** As JSON has it, and without what is sealed, which is another text each time; its mark is not. */
function plain({ sealed: _, ...layer }: EnvelopeLayer): unknown {
  return JSON.parse(JSON.stringify(layer));
}
