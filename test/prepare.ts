import { clusterPrograms } from './cluster/builds/program.ts';
import { ensurePrograms, programCache } from './cluster/builds/programs.ts';
import { ensureHost } from './cluster/host.ts';
import { ensureStick } from './install/stick.ts';

// Makes ready what most tests with real parts share: packages, the programs of a cluster, a stick with the release. On a
// bare machine that takes longer than any test may; made before, no test waits for another that makes it.
const onProgress = (text: string) => console.log(text);
await ensureHost({ install: true, groups: ['cluster', 'build', 'tools'], onProgress });
await ensurePrograms(clusterPrograms, { cache: programCache(process.env), onProgress });
await ensureStick({ onProgress });
