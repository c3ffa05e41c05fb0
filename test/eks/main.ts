import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { Front } from './front.ts';
import { Moto } from './moto.ts';
import { reviewToken } from './token-review.ts';
import { Workload } from './workload.ts';

/** What the front is told, in a file: keys do not stand in arguments. */
export const Configuration = z.strictObject({
  region: z.string(),
  motoPort: z.int(),
  listen: z.strictObject({ host: z.string(), port: z.int() }),
  /** The API server that stands behind every cluster, and how to be its administrator. */
  server: z.strictObject({ endpoint: z.string(), ca: z.string(), certificate: z.string(), key: z.string() }),
  /** Where that API server asks whose token it is. */
  review: z.strictObject({ port: z.int(), certificate: z.string(), key: z.string() }),
});
export type Configuration = z.infer<typeof Configuration>;

const [file = ''] = process.argv.slice(2);
const { region, motoPort, listen, server, review } = Configuration.parse(
  JSON.parse(await readFile(file, 'utf8')),
);
const workload = new Workload(server, () => new Date());
await workload.prepare();
setInterval(() => workload.beat().catch((error: unknown) => console.log(String(error))), 10_000);
const front = new Front({
  moto: new Moto(motoPort, region),
  real: server,
  workload,
  now: () => new Date(),
  log: (line) => console.log(line),
});
const site = front.tokenSite();
createServer({ cert: review.certificate, key: review.key }, async (request, response) => {
  const said = await reviewToken(await text(request), site).catch((error: unknown) => ({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    status: { authenticated: false, error: String(error) },
  }));
  console.log(JSON.stringify(said));
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
}).listen(review.port, '127.0.0.1');
front.server().listen(listen.port, listen.host, () => console.log('the front listens'));
