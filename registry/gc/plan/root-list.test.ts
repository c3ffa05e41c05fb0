import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { parseRootList } from './root-list.ts';

const digest = digestOf('image');

describe('a root list', () => {
  test('names content by digest, in one repository or in all, or by tag', () => {
    assert.deepEqual(
      parseRootList(`# live\nteam/app@${digest}\n\n${digest} # everywhere\r\nteam/app:v1\n`, 'list'),
      [
        { repositories: ['team/app', 'docker.io/team/app'], digest, tag: undefined },
        { digest },
        { repositories: ['team/app', 'docker.io/team/app'], digest: undefined, tag: 'v1' },
      ],
    );
  });

  test('means a name with a host as content from there, and as content of a registry of that name', () => {
    const names = (text: string) => parseRootList(text, 'list').flatMap(({ repositories }) => repositories);
    assert.deepEqual(names(`localhost:31999/docker.io/library/nginx@${digest}`), [
      'docker.io/library/nginx',
      'localhost-31999/docker.io/library/nginx',
    ]);
    assert.deepEqual(names(`quay.io/team/app:v1@${digest}`), ['quay.io/team/app', 'team/app']);
    assert.deepEqual(names('nginx:1.27'), ['nginx', 'docker.io/library/nginx']);
  });

  for (const line of [
    'team/app',
    'team/app@sha256:beef',
    'Team App:v1',
    ':v1',
    `@${digest}`,
    'team/app:',
    'a:b:c',
  ])
    test(`with the line "${line}" is refused as a whole`, () => {
      assert.throws(() => parseRootList(`${digest}\n${line}\n`, 'list'), { code: 'REGISTRY_ROOTS_INVALID' });
    });
});
