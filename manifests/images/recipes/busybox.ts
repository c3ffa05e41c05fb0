import type { Recipe } from '../recipe.ts';

const APPLETS =
  'ash awk base64 basename cat chmod cp cut date dd df dirname du echo env expr false find free grep gunzip gzip head ' +
  'hostname id ip kill less ln ls md5sum mkdir more mv nc netstat nslookup ping printf ps pwd rm rmdir sed seq sh ' +
  'sha256sum sleep sort stat sync tail tar tee telnet test top touch tr traceroute true uname uniq uptime vi wc wget which xargs';

/** A shell and small tools in under a megabyte, for a look around with `kubectl debug` where nothing can be fetched. */
export const busyboxRecipe: Recipe = {
  name: 'busybox',
  tag: 'debian',
  title: 'BusyBox',
  description: 'A shell and small tools to look around with.',
  licenses: 'GPL-2.0-only',
  version: { package: 'busybox-static' },
  layers: [
    {
      name: 'BusyBox',
      packages: { 'busybox-static': ['usr/bin/busybox'] },
      files: {
        'etc/passwd': { text: 'root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/tmp:/bin/sh\n' },
        'etc/group': { text: 'root:x:0:\nnonroot:x:65532:\n' },
      },
      directories: { tmp: { mode: 0o1777 }, root: { mode: 0o700 } },
      symlinks: {
        bin: 'usr/bin',
        ...Object.fromEntries(APPLETS.split(' ').map((applet) => [`usr/bin/${applet}`, 'busybox'])),
      },
    },
  ],
  user: 'nonroot',
  entrypoint: [],
  command: ['/bin/sh'],
  probe: { command: ['/bin/sh', '-c', 'echo $((6 * 7))'], ends: 'by-itself' },
};
