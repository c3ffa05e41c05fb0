import { NAMESPACE, REGISTRY_PORT, STORE_SERVICE } from '../../names.ts';
import type { SupportPart } from '../part.ts';
import { ask } from './ask.ts';

const REGISTRY = `http:${STORE_SERVICE}:${REGISTRY_PORT}`;
const HUB = 'https:skerry-hub:8443';
/** What the registry and the hub say of themselves to everybody. */
const QUESTIONS: readonly (readonly [service: string, path: string, file: string])[] = [
  [REGISTRY, 'healthz', 'registry-healthz.txt'],
  [REGISTRY, 'readyz', 'registry-readyz.txt'],
  [REGISTRY, 'metrics', 'registry-metrics.txt'],
  [HUB, 'healthz', 'hub-healthz.txt'],
  [HUB, 'readyz', 'hub-readyz.txt'],
  [HUB, 'metrics', 'hub-metrics.txt'],
];

/** Asked through the API server, so that the workstation needs no way to them of its own. */
export const servicesPart: SupportPart = {
  id: 'services',
  title: 'what the registry and the hub say of themselves',
  collect: async (context, into) => {
    const { client, signal } = context;
    for (const [service, question, file] of QUESTIONS) {
      const path = `/api/v1/namespaces/${NAMESPACE}/services/${service}/proxy/${question}`;
      const answer = await ask(context, into, file, () => client.read(path, { signal, accept: '*/*' }));
      if (answer === undefined) continue;
      into.text(file, `${answer.status}\n${answer.text}`);
      if (answer.status >= 400) into.miss(file, `it answered ${answer.status}`);
      if (question === 'readyz')
        into.say(
          `${service.includes('hub') ? 'hub     ' : 'registry'}    ${answer.status === 200 ? 'ready' : `NOT READY: ${answer.status}`}`,
        );
    }
  },
};
