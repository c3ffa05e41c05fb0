import { programs } from '../../../test/cluster/builds/program.ts';
import type { Recipe } from '../recipe.ts';
import { baseLayer, systemTrust } from './base.ts';

// The page for browsers. podinfo's own fetches its script and its picture from the internet.
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{{ .Title }}</title>
<h1>podinfo</h1>
<p>This page comes from pod <b>{{ .Title }}</b>. Programs read <a href="/api/info">/api/info</a>.</p>
</html>
`;

export const podinfoRecipe: Recipe = {
  name: 'podinfo',
  tag: programs.podinfo.version,
  title: 'podinfo',
  description: 'A small web service that tells about the pod it runs in; for trying out clusters.',
  licenses: 'Apache-2.0',
  version: programs.podinfo.version,
  layers: [
    baseLayer,
    {
      name: 'podinfo',
      files: {
        'usr/local/bin/podinfo': { input: 'podinfo', mode: 0o755 },
        'usr/local/share/podinfo/ui/vue.html': { text: PAGE },
      },
      directories: { data: { owner: 'nonroot' } },
    },
  ],
  user: 'nonroot',
  entrypoint: ['/usr/local/bin/podinfo', '--ui-path=/usr/local/share/podinfo/ui'],
  env: systemTrust,
  ports: ['9898/tcp', '9999/tcp'],
  asIndex: true,
  probe: { command: ['/usr/local/bin/podinfo', '--version'], ends: 'by-itself' },
};
