import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Fleet } from './fleet.ts';

const PORT = 7200;

/** Appends what is posted to a file, a line each. */
const LISTEN = (file: string) => `
const { appendFileSync } = require('node:fs');
require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => { appendFileSync(${JSON.stringify(file)}, body + '\\n'); response.end(); });
}).listen(${PORT}, () => console.log('listening'));`;

const Posted = z.looseObject({
  alerts: z.array(
    z.looseObject({
      rule: z.string(),
      cluster: z.string().optional(),
      state: z.enum(['firing', 'resolved']),
      severity: z.string(),
    }),
  ),
});
export type PostedAlert = z.infer<typeof Posted>['alerts'][number];

/** A program of the site that alerts are posted to, on the hub's workstation. */
export interface Webhook {
  readonly url: string;
  /** All alerts so far, in the order in which they came. */
  posted(): Promise<readonly PostedAlert[]>;
  stop(): void;
}

export async function startWebhook({ hub: { workstation }, folder }: Fleet): Promise<Webhook> {
  const file = join(folder, 'alerts.jsonl');
  const child = workstation.exec(process.execPath, ['-e', LISTEN(file)]);
  if (child.all !== null) await Promise.race([once(child.all, 'data'), child]);
  return {
    url: `http://${workstation.address}:${PORT}/`,
    posted: async () => {
      const text = await readFile(file, 'utf8').catch(() => '');
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.flatMap((line) => Posted.parse(JSON.parse(line)).alerts);
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
