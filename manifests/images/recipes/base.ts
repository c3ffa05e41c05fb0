import type { LayerRecipe } from '../recipe.ts';

/** What any program expects to find, and no program: certificates, time zones, users, licences. Shared by all images. */
export const baseLayer: LayerRecipe = {
  name: 'base: CA certificates, time zones, users',
  packages: {
    'base-files': [
      'etc/debian_version',
      'etc/os-release',
      'usr/lib/os-release',
      'usr/share/common-licenses/*',
    ],
    tzdata: ['usr/share/zoneinfo/[A-Z]*', 'usr/share/zoneinfo/[A-Z]*/**', 'usr/share/zoneinfo/*.tab'],
  },
  files: {
    'etc/ssl/certs/ca-certificates.crt': {
      concat: { package: 'ca-certificates', pattern: 'usr/share/ca-certificates/mozilla/*.crt' },
    },
    'etc/passwd': {
      text:
        'root:x:0:0:root:/root:/sbin/nologin\n' +
        'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n' +
        'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
    },
    'etc/group': { text: 'root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n' },
    'etc/nsswitch.conf': { text: 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\n' },
    // A short list: the names that configuration files use.
    'etc/services': { text: 'domain 53/udp\ndomain 53/tcp\nhttp 80/tcp\nhttps 443/tcp\n' },
  },
  directories: {
    tmp: { mode: 0o1777 },
    'var/tmp': { mode: 0o1777 },
    run: {},
    root: { mode: 0o700 },
    'home/nonroot': { mode: 0o700, owner: 'nonroot' },
    'usr/bin': {},
    'usr/sbin': {},
    'usr/lib': {},
    'usr/lib64': {},
    'usr/local/bin': {},
  },
  symlinks: {
    bin: 'usr/bin',
    sbin: 'usr/sbin',
    lib: 'usr/lib',
    lib64: 'usr/lib64',
    'var/run': '/run',
    'etc/localtime': '/usr/share/zoneinfo/Etc/UTC',
  },
};

/** The C library and what it loads by itself, for programs that are not linked statically. */
export const libcLayer: LayerRecipe = {
  name: 'libc',
  packages: {
    libc6: [
      'usr/lib/*/lib{c,m,dl,rt,pthread,resolv,util,anl,nss_dns,nss_files}.so.*',
      'usr/lib{,64,/*}/ld-linux-*',
    ],
    'libc-bin': ['usr/lib/locale/C.utf8/**'],
  },
};

export const systemTrust = { SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' };
