/**
 * Lets a test, which runs outside of every island, speak to what is inside: a Unix socket is reached through
 * the file system and not through a network. Runs in the node's network namespace.
 *
 *     node door.ts API_SOCKET HOST PORT CONNECT_SOCKET
 *
 * API_SOCKET leads to HOST:PORT; CONNECT_SOCKET is an HTTP proxy that understands CONNECT HOST:PORT alone.
 */
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const [apiSocket, host, port, connectSocket] = process.argv.slice(2);

createServer((client) => join(client, connect(Number(port), host))).listen(apiSocket);

createHttpServer((_, response) => response.writeHead(405).end())
  .on('connect', (request, client) => {
    const target = new URL(`tcp://${request.url ?? ''}`);
    const server = connect(Number(target.port), target.hostname, () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      join(client, server);
    });
    server.once('error', (error) => client.end(`HTTP/1.1 502 ${error.message}\r\n\r\n`));
  })
  .listen(connectSocket);

function join(client: Duplex, server: Socket): void {
  client.once('error', () => server.destroy());
  server.once('error', () => client.destroy());
  client.once('close', () => server.destroy());
  server.once('close', () => client.destroy());
  client.pipe(server).pipe(client);
}
