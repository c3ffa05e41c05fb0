import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setNotesVersions } from './notes-crd.ts';
import { FIXTURES, type ReleaseFolder } from './release-folder.ts';
import type { ReleaseImage } from './release-images.ts';

/** How a release differs from 1.1.0, under whose version it stands with its name behind it. */
export interface BrokenRelease {
  readonly images?: readonly ReleaseImage[];
  readonly edit: (folder: ReleaseFolder) => Promise<void>;
}

const crashing: ReleaseImage = { name: 'skerry', tag: 'crash', from: '0.1.0', crashes: true };

/** Releases that an upgrade to must not go through, by what is broken in them. */
export const brokenReleases = {
  crash: {
    images: [crashing],
    edit: async (folder) => await failFast(folder, 'hub', { image: { tag: 'crash' } }),
  },
  image: {
    images: [crashing],
    edit: async (folder) => await failFast(folder, 'registry', { image: { tag: 'crash' } }),
  },
  hook: { edit: async (folder) => await folder.setValues('notes', { hook: 'exit 3' }) },
  crd: {
    edit: async (folder) =>
      await setNotesVersions(folder, [{ name: 'v1', fields: ['text', 'owner'], required: ['owner'] }]),
  },
  migration: {
    edit: async (folder) => {
      await setNotesVersions(folder, [
        { name: 'v1', fields: ['text', 'color'] },
        { name: 'v2', fields: ['text', 'color'], storage: true },
      ]);
      await cp(
        join(FIXTURES, 'refuse-rewriting.yaml'),
        join(folder.path, 'charts/idle/templates/refuse-rewriting.yaml'),
      );
    },
  },
} as const satisfies Readonly<Record<string, BrokenRelease>>;

export type BrokenName = keyof typeof brokenReleases;

async function failFast(
  folder: ReleaseFolder,
  component: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  await folder.setValues(component, values);
  await folder.editRelease((release) => ({
    ...release,
    components: release.components.map((one) =>
      one.name === component ? { ...one, timeoutSeconds: 30 } : one,
    ),
  }));
}
