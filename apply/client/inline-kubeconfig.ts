import { Agent } from 'undici';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { applyError } from '../errors.ts';
import type { ApiServer } from './api-server.ts';

const MAX_BYTES = 256 * 1024;

const Base64 = z.base64().min(1);
const ClusterEntry = z.strictObject({
  server: z.url({ protocol: /^https$/ }),
  'certificate-authority-data': Base64.optional(),
  'tls-server-name': z.string().min(1).max(253).optional(),
});
const UserEntry = z.union([
  z.strictObject({ token: z.string().regex(/^[\x21-\x7e]+$/) }),
  z.strictObject({ 'client-certificate-data': Base64, 'client-key-data': Base64 }),
]);
const named = <T extends string>(key: T) => z.looseObject({ name: z.string(), [key]: z.unknown() });
const Kubeconfig = z.looseObject({
  'current-context': z.string(),
  contexts: z.array(
    z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: z.string() }) }),
  ),
  clusters: z.array(named('cluster')).max(100),
  users: z.array(named('user')).max(100),
});

/**
 * The API server of a kubeconfig that somebody else wrote: everything in itself, HTTPS, and a token or a certificate. It
 * runs no program, reads no file of this machine and goes through no proxy. Throws KUBECONFIG_INVALID, whose words hold
 * nothing of the file but names of fields.
 */
export function inlineKubeconfig(text: string, subject: string): ApiServer {
  const refuse = (detail: string) => applyError('KUBECONFIG_INVALID', { subject, detail });
  if (Buffer.byteLength(text) > MAX_BYTES) throw refuse(`more than ${MAX_BYTES} bytes`);
  const config = Kubeconfig.safeParse(yamlValue(text));
  if (!config.success) throw refuse(`not a kubeconfig: ${fieldsIn(config.error)}`);
  const { contexts, clusters, users, 'current-context': current } = config.data;
  const { context } = contexts.find(({ name }) => name === current) ?? {};
  const cluster = ClusterEntry.safeParse(clusters.find(({ name }) => name === context?.cluster)?.cluster);
  if (!cluster.success) throw refuse(`the cluster of the current context: ${fieldsIn(cluster.error)}`);
  const user = UserEntry.safeParse(users.find(({ name }) => name === context?.user)?.user);
  if (!user.success)
    throw refuse(
      'its user must have a token, or client-certificate-data and client-key-data, and nothing else',
    );
  const { server, 'certificate-authority-data': ca, 'tls-server-name': servername } = cluster.data;
  const trust = { ...(ca === undefined ? {} : { ca: decoded(ca) }), ...(servername && { servername }) };
  return {
    url: server,
    authenticate: async () => {
      if ('token' in user.data) {
        const { token } = user.data;
        return {
          headers: { authorization: `Bearer ${token}` },
          connect: async () => new Agent({ connect: trust }),
        };
      }
      const { 'client-certificate-data': cert, 'client-key-data': key } = user.data;
      const connect = { ...trust, cert: decoded(cert), key: decoded(key) };
      return { headers: {}, connect: async () => new Agent({ connect }) };
    },
  };
}

// A parser's message shows the lines that it means, and these may be a key.
function yamlValue(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) return undefined;
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch {
    return undefined;
  }
}

function fieldsIn({ issues }: z.ZodError): string {
  const said = issues.map(({ code, path, ...issue }) => {
    const keys = 'keys' in issue && Array.isArray(issue.keys) ? ` ${issue.keys.join(', ')}` : '';
    return `${path.join('.')} ${code}${keys}`.trim();
  });
  return said.slice(0, 5).join('; ').slice(0, 300);
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
