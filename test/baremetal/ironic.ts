import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../cluster/processes/command.ts';
import { type Service, startService } from './service.ts';

export interface IronicOptions {
  /** The Python environment. */
  readonly environment: string;
  /** Everything that it writes. */
  readonly folder: string;
  readonly port: number;
  /** Where what lies in `folder/http` is served for BMCs. */
  readonly imagesUrl: string;
  /** The port of a log of power states; short so that tests see what changes by hand. */
  readonly syncSeconds?: number | undefined;
  /** A file in the form of htpasswd with bcrypt; nobody is asked for a password when absent. */
  readonly passwords?: string | undefined;
  readonly signal: AbortSignal;
}

/** Real Ironic: API and conductor in one process, SQLite, no message bus, no Keystone. */
export async function startIronic(options: IronicOptions): Promise<Service> {
  const { environment, folder, port, signal } = options;
  await mkdir(join(folder, 'http'), { recursive: true });
  const file = join(folder, 'ironic.conf');
  await writeFile(file, configuration(options));
  const args = ['--config-file', file];
  // Its migrations don't run on SQLite (`upgrade` alters constraints): the schema is made as of today.
  const isNew = await access(join(folder, 'ironic.db')).then(
    () => false,
    () => true,
  );
  if (isNew)
    await command(join(environment, 'bin/ironic-dbsync'), [...args, 'create_schema'], {
      signal,
      timeout: 180_000,
    });
  return await startService({
    name: 'ironic',
    program: join(environment, 'bin/ironic'),
    args,
    folder,
    readyUrl: `http://127.0.0.1:${port}/v1/`,
    signal,
  });
}

function configuration({ folder, port, imagesUrl, syncSeconds = 60, passwords }: IronicOptions): string {
  const auth =
    passwords === undefined
      ? 'auth_strategy = noauth'
      : `auth_strategy = http_basic\nhttp_basic_auth_user_file = ${passwords}`;
  return `[DEFAULT]
${auth}
rpc_transport = none
host = rack
my_ip = 127.0.0.1
state_path = ${folder}/state
log_file = ${folder}/ironic.log
enabled_hardware_types = redfish,fake-hardware
enabled_boot_interfaces = redfish-virtual-media,fake
enabled_deploy_interfaces = ramdisk,direct,fake
enabled_management_interfaces = redfish,fake
enabled_power_interfaces = redfish,fake
enabled_inspect_interfaces = redfish,no-inspect
enabled_network_interfaces = noop
enabled_storage_interfaces = noop
enabled_vendor_interfaces = redfish,no-vendor
enabled_raid_interfaces = no-raid
enabled_bios_interfaces = no-bios
enabled_firmware_interfaces = no-firmware
enabled_console_interfaces = no-console
default_network_interface = noop
default_deploy_interface = ramdisk
isolinux_bin = /nonexistent
[api]
host_ip = 127.0.0.1
port = ${port}
api_workers = 1
[conductor]
automated_clean = false
bootloader =
power_state_sync_max_retries = 3
sync_power_state_interval = ${syncSeconds}
file_url_allowed_paths = ${folder}
[database]
connection = sqlite:///${folder}/ironic.db
sqlite_synchronous = false
[deploy]
http_url = ${imagesUrl}
http_root = ${folder}/http
erase_devices_priority = 0
[pxe]
images_path = ${folder}/images
instance_master_path = ${folder}/images/master
tftp_root = ${folder}/tftp
[redfish]
use_swift = false
[oslo_messaging_notifications]
driver = noop
[service_catalog]
endpoint_override = http://127.0.0.1:${port}
auth_type = none
`;
}
