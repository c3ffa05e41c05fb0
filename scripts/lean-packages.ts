import type { Plugin } from 'esbuild';

/**
 * Packages come whole, whatever is used of them: zod with its messages in fifty languages, undici with a browser's fetch,
 * WebSocket and caches, commander with programs as commands. In an agent that is a third of its memory, and it is half of
 * what a small command needs to start. So it is with Node's own HTTP module.
 */
export function leanPackages(resolveDir: string): Plugin {
  return {
    name: 'lean-packages',
    setup: (build) => {
      build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: ENGLISH }));
      // It starts programs only where commands are files of their own.
      build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
        importer.includes('/node_modules/commander/') ? { path: 'none', namespace: 'lean' } : undefined,
      );
      build.onLoad({ filter: /^none$/, namespace: 'lean' }, () => ({ contents: 'export default {};' }));
      // Packages that use undici get all of it, loaded when they are.
      build.onResolve({ filter: /^undici$/ }, ({ importer }) =>
        importer.includes('/node_modules/') ? undefined : { path: 'undici', namespace: 'lean' },
      );
      build.onLoad({ filter: /^undici$/, namespace: 'lean' }, () => ({ contents: HTTP_CLIENT, resolveDir }));
      build.onLoad({ filter: /\/undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({ contents: NO_HTTP2 }));
      build.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
        kind === 'import-statement' ? { path: 'http', namespace: 'lean' } : undefined,
      );
      build.onLoad({ filter: /^http$/, namespace: 'lean' }, () => ({ contents: NODE_HTTP }));
    },
  };
}

const ENGLISH = "export { default as en } from './en.js';";

// What undici's index.js does for these: a dispatcher has its methods from lib/api. A build fails on a further name.
const HTTP_CLIENT = `
import * as api from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
export { default as Agent } from 'undici/lib/dispatcher/agent.js';
export { default as EnvHttpProxyAgent } from 'undici/lib/dispatcher/env-http-proxy-agent.js';
export { default as errors } from 'undici/lib/core/errors.js';
Object.assign(Dispatcher.prototype, api.default);
`;

// Nobody here speaks HTTP/2 (allowH2 is false everywhere), and node:http2 is 4 MB.
const NO_HTTP2 = "module.exports = () => { throw new Error('HTTP/2 is left out of this program'); };";

// An import of node:http reads all that it exports, WebSocket too, for which Node loads a second undici: 15 MB.
const NODE_HTTP = "module.exports = process.getBuiltinModule('node:http');";
