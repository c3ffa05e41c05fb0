import { type ReadFiles, readOnce, sendFile } from '../http/embedded-file.ts';
import type { HubServer } from '../http/server.ts';

/** The page may load its own files, ask its own hub, and nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Its arrows are in its style sheet.
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  // The files have the same names in the next version.
  'cache-control': 'no-cache',
};

/** Serves Swagger UI below /docs/, for the document at /openapi.json. The files are read at the first request. */
export function serveDocs(server: HubServer, readFiles: ReadFiles): void {
  const files = readOnce(readFiles);
  server.get('/docs', { logLevel: 'warn' }, async (_, reply) => await reply.redirect('/docs/', 302));
  server.get<{ Params: { '*': string } }>('/docs/*', { logLevel: 'warn' }, async (request, reply) => {
    const file = (await files()).get(request.params['*'] || 'index.html');
    if (file === undefined) return reply.callNotFound();
    return await sendFile(request, reply.headers(HEADERS), file);
  });
}
