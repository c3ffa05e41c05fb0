import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** From where cloud-init takes what the machine is to become: as the kinds of cloud hand it over. */
export type MachineSeed =
  /** VMware: variables as `VMX_GUESTINFO_METADATA` (DataSourceVMware's envvar transport). */
  | { readonly kind: 'guestinfo'; readonly variables: Readonly<Record<string, string>> }
  /** OpenStack, Ironic: the folder of a config drive, which has `openstack/latest/meta_data.json`. */
  | { readonly kind: 'config-drive'; readonly folder: string }
  /** A folder with `meta-data` and `user-data`. */
  | { readonly kind: 'nocloud'; readonly folder: string };

const DATASOURCES = {
  guestinfo: { name: 'VMware', folder: 'vmware' },
  'config-drive': { name: 'ConfigDrive', folder: 'config_drive' },
  nocloud: { name: 'NoCloud', folder: 'nocloud' },
} as const;

/** Variables for init.sh that say where the seed is looked for. */
export function seedVariables({ kind }: MachineSeed): Record<string, string> {
  const { name, folder } = DATASOURCES[kind];
  return { MACHINE_DATASOURCE: name, MACHINE_SEED_FOLDER: folder };
}

/** Puts the seed into the folder that the machine sees as /run/machine. */
export async function writeSeed(seed: MachineSeed, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (seed.kind === 'guestinfo') {
    const lines = Object.entries(seed.variables).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(folder, 'env'), lines.join(''), { mode: 0o600 });
  } else {
    await cp(seed.folder, join(folder, 'seed'), { recursive: true });
  }
}
