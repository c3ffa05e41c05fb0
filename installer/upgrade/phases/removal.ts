import { uninstallComponent } from '../../../apply/release/uninstall.ts';
import type { ComponentChange } from '../component-changes.ts';
import { returnComponent } from '../return-component.ts';
import type { UpgradePhase } from '../upgrade-phase.ts';

/** A component that the new release has not. Its definitions and their objects stay: they may be somebody's data. */
export function removeComponent({ name, namespace }: ComponentChange): UpgradePhase {
  return {
    id: `component-${name}`,
    title: `Uninstall ${name}, which the new release has not`,
    run: async ({ client, helm, signal }, onProgress) =>
      void (await uninstallComponent({ client, helm, signal }, { name, namespace }, onProgress)),
    back: {
      title: `Install ${name} again`,
      run: (context, onProgress) => returnComponent(context, name, onProgress),
    },
  };
}
