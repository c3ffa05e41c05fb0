/**
 * Lets programs in an island reach one port of the test, which runs outside of every island. Runs in the network of a node
 * or a workstation.
 *
 *     node inward.ts HOST PORT SOCKET
 *
 * HOST:PORT leads to SOCKET, which is reached through the file system.
 */
import { connect, createServer } from 'node:net';

const [host, port, socket = ''] = process.argv.slice(2);

createServer((client) => {
  const server = connect(socket);
  client.once('error', () => server.destroy());
  server.once('error', () => client.destroy());
  client.once('close', () => server.destroy());
  server.once('close', () => client.destroy());
  client.pipe(server).pipe(client);
}).listen(Number(port), host);
