import type { JsonObject } from '../../../../apply/json.ts';
import type { CloudType } from '../../../api/cloud-account.ts';
import type { GatewaySpec } from '../../../api/gateway.ts';
import type { MachinePool, Provisioning } from '../../../api/provisioning.ts';
import type { Report } from '../finding.ts';

/** Whose machines are sizes of a gateway, or given by what they are made of: they have no flavours. */
const WITHOUT_FLAVORS: ReadonlySet<CloudType> = new Set(['vsphere', 'baremetal']);
/** Whose machines are made from a template that has to be named. */
const FROM_TEMPLATES: ReadonlySet<CloudType> = new Set(['vsphere', 'openstack']);

export interface MachineContext {
  readonly type: CloudType;
  readonly gateway: GatewaySpec;
  readonly addresses: string | undefined;
  /** `v1.34.4`. */
  readonly kubernetes: string;
}

/** What the machines of a control plane or pool are made with, as the pack `machine-cluster` takes it. */
export function machineValues(
  {
    size,
    template,
    placement,
  }: Pick<Provisioning['controlPlane'] | MachinePool, 'size' | 'template' | 'placement'>,
  { type, gateway, addresses, kubernetes }: MachineContext,
  path: string,
  report: Report,
): JsonObject {
  const image = (template ?? gateway.nodes?.template)?.replaceAll('{kubernetes}', kubernetes.slice(1));
  if (image === undefined && FROM_TEMPLATES.has(type))
    report('TEMPLATE_MISSING', `${path}.template`, 'neither here nor in the gateway');
  return {
    ...(image === undefined ? {} : { template: image }),
    ...sizeValues(size, type, gateway, `${path}.size`, report),
    ...(addresses === undefined ? {} : { addressPool: addresses }),
    ...(placement === undefined ? {} : { placement }),
  };
}

function sizeValues(
  size: MachinePool['size'],
  type: CloudType,
  { nodes }: GatewaySpec,
  path: string,
  report: Report,
): JsonObject {
  if (typeof size !== 'string') return { ...size };
  const known = nodes?.sizes ?? [];
  const found = known.find(({ name }) => name === size);
  if (found !== undefined) {
    const { name: _, ...shape } = found;
    return shape;
  }
  if (!WITHOUT_FLAVORS.has(type)) return { flavor: size };
  report(
    'SIZE_UNKNOWN',
    path,
    `${size}; the gateway has: ${known.map(({ name }) => name).join(', ') || 'none'}`,
  );
  return {};
}
