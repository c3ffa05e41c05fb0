import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressFile, nodeScript, originFiles } from './node-files.ts';

test('the address is led to the node itself, whatever its address is made of', () => {
  assert.match(addressFile('10.0.0.1').text, /\[host\."http:\/\/10\.0\.0\.1:31999"\]/);
  assert.match(addressFile('fd00::1').text, /\[host\."http:\/\/\[fd00::1\]:31999"\]/);
  assert.equal(addressFile('10.0.0.1').path, '/etc/containerd/certs.d/localhost:31999/hosts.toml');
});

test('each host has one file, under the name that the registry keeps its images by', () => {
  const files = originFiles(
    ['nginx', 'docker.io/acme/x:1', 'registry.local:5000/team/app:1', 'quay.io/a/b@sha256:'],
    '10.0.0.1',
  );
  assert.deepEqual(
    files.map(({ path }) => path),
    [
      '/etc/containerd/certs.d/docker.io/hosts.toml',
      '/etc/containerd/certs.d/registry.local:5000/hosts.toml',
    ],
  );
  assert.match(files[1]?.text ?? '', /10\.0\.0\.1:31999\/v2\/registry\.local-5000"\]/);
  assert.match(
    nodeScript('n', files),
    /cat > '\/etc\/containerd\/certs\.d\/docker\.io\/hosts\.toml' <<'EOF'\nserver = /,
  );
});
