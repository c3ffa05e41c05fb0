import type { UpgradeCheck } from './finding.ts';

/** Custom resources that are written again: told, since it takes time and can only be undone with the checkpoint. */
export const storedVersions: UpgradeCheck = {
  id: 'stored-versions',
  title: 'Custom resources stay stored as they are',
  ofRelease: true,
  run: ({ forecast }) =>
    forecast.resources.flatMap(({ crd, objects, migration }) =>
      migration === undefined
        ? []
        : [
            {
              severity: 'notes',
              subject: `CustomResourceDefinition ${crd}`,
              message: `${objects} objects that are stored as ${migration.from.join(', ')} are written again as ${migration.to}`,
              remedy: '',
            },
          ],
    ),
};
