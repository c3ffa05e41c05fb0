import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { contentOfBytes } from './file-content.ts';
import { FileTree } from './file-tree.ts';

test('parent folders come by themselves and before what they hold', () => {
  const tree = new FileTree();
  tree.addFile('usr/bin/tool', contentOfBytes('tool'), 0o755);
  tree.addFile('etc/conf', contentOfBytes('conf'));
  const paths = tree.entries().map(({ path, type }) => `${type} ${path}`);
  assert.deepEqual(paths, [
    'directory etc',
    'file etc/conf',
    'directory usr',
    'directory usr/bin',
    'file usr/bin/tool',
  ]);
});

test('a path of before the merge of /usr is put behind the link that now stands there', () => {
  const tree = new FileTree();
  tree.add('lib', { type: 'symlink', target: 'usr/lib', uid: 0, gid: 0 });
  tree.addFile('/lib/x86_64-linux-gnu/libc.so.6', contentOfBytes('c'));
  assert.equal(tree.get('usr/lib/x86_64-linux-gnu/libc.so.6')?.type, 'file');
});

for (const [what, build] of Object.entries({
  'a path out of the image': (tree: FileTree) => tree.addFile('../etc/passwd', contentOfBytes('')),
  'an empty path': (tree: FileTree) => tree.addFile('/', contentOfBytes('')),
  'two contents for one path': (tree: FileTree) => {
    tree.addFile('a', contentOfBytes('1'));
    tree.addFile('a', contentOfBytes('2'));
  },
  'a file below a symlink': (tree: FileTree) => {
    tree.add('etc', { type: 'symlink', target: 'elsewhere', uid: 0, gid: 0 });
    tree.addFile('etc/passwd', contentOfBytes(''));
  },
})) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => build(new FileTree()),
      (error) => isSkerryError(error, 'IMAGE_RECIPE_INVALID'),
    );
  });
}
