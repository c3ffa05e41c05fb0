import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import { type EmbeddedFile, type ReadFiles, readOnce, sendFile } from '../http/embedded-file.ts';
import type { HubServer } from '../http/server.ts';
import { NONCE_PLACE } from './nonce-place.ts';
import { pageHeaders } from './page-headers.ts';

const decompress = promisify(brotliDecompress);

const PAGE = 'index.html';
/** Their names have the hash of what is in them. */
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * Serves the console below `/ui/`: its files as they are, and its page for every other address, since it is the page that
 * knows what they mean. `/` leads there. The files are read at the first request.
 */
export function serveConsole(server: HubServer, readFiles: ReadFiles): void {
  const files = readOnce(readFiles);
  server.get('/', { logLevel: 'warn' }, async (_, reply) => await reply.redirect('/ui/', 302));
  server.get('/ui', { logLevel: 'warn' }, async (_, reply) => await reply.redirect('/ui/', 302));
  server.get<{ Params: { '*': string } }>('/ui/*', { logLevel: 'warn' }, async (request, reply) => {
    const path = request.params['*'];
    const all = await files();
    const file = path === PAGE ? undefined : all.get(path);
    if (file !== undefined) return await sendFile(request, reply.header('cache-control', FOREVER), file);
    // A name with an ending is a file of another version: a page in its place would be run as a script.
    if (/\.\w+$/.test(path) && /^[^/]+$/.test(path)) return reply.callNotFound();
    const page = all.get(PAGE);
    return page === undefined ? reply.callNotFound() : await sendPage(reply, page);
  });
}

async function sendPage(reply: FastifyReply, { brotli }: EmbeddedFile) {
  const nonce = randomBytes(18).toString('base64');
  const text = (await decompress(brotli)).toString().replaceAll(NONCE_PLACE, nonce);
  return await reply.headers(pageHeaders(nonce)).type('text/html; charset=utf-8').send(text);
}
