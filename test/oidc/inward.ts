/**
 * Lets programs on a node reach one port of the test, which runs outside of every island. Runs in the node's network.
 *
 *     node inward.ts PORT SOCKET
 *
 * Who connects to PORT on loopback there comes to SOCKET.
 */
import { connect, createServer } from 'node:net';

const [port, socket = ''] = process.argv.slice(2);

createServer((client) => {
  const server = connect(socket);
  client.once('error', () => server.destroy());
  server.once('error', () => client.destroy());
  client.once('close', () => server.destroy());
  server.once('close', () => client.destroy());
  client.pipe(server).pipe(client);
}).listen(Number(port), '127.0.0.1');
