import assert from 'node:assert/strict';
import { lstat, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFolder } from '../../../content/testing/folder.ts';
import { addKubectlContext } from './kubectl-context.ts';

const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: site
contexts: [{name: site, context: {cluster: one, user: admin, namespace: shop}}]
clusters: [{name: one, cluster: {server: 'https://192.0.2.1:6443'}}]
users: [{name: admin, user: {token: kept}}]
`;

test('a kubeconfig that is a link stays one, and what it leads to gets the context', async () => {
  const folder = await testFolder('kubeconfig');
  const [link, file] = [join(folder, 'config'), join(folder, 'dotfiles', 'kube')];
  await mkdir(join(folder, 'dotfiles'));
  await writeFile(file, KUBECONFIG, { mode: 0o640 });
  await symlink('dotfiles/kube', link);
  await addKubectlContext(link, { hub: 'https://hub.example', from: undefined, program: ['/bin/skerry'] });
  assert.ok((await lstat(link)).isSymbolicLink());
  const text = await readFile(file, 'utf8');
  assert.match(text, /kubectl-credential/);
  assert.match(text, /token: kept/);
  assert.equal((await stat(file)).mode & 0o777, 0o640);
});
