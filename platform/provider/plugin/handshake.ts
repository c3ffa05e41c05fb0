/** By this OpenTofu and Terraform say that they start a provider; it is no secret, and the same for all of them. */
const COOKIE = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether this process was started to be a provider. */
export function isPlugin(env: Environment): boolean {
  return env.TF_PLUGIN_MAGIC_COOKIE === COOKIE;
}

/** The client's certificate (PEM), the only one that is let in; undefined where it takes part in no AutoMTLS. */
export function clientCertificate(env: Environment): string | undefined {
  return env.PLUGIN_CLIENT_CERT || undefined;
}

/** Whether the client knows plugin protocol 6. */
export function speaksProtocol(env: Environment): boolean {
  const versions = env.PLUGIN_PROTOCOL_VERSIONS;
  return versions === undefined || versions === '' || versions.split(',').includes('6');
}

/** The one line that a plugin says on standard output before anything else (go-plugin, docs/internals.md). */
export function handshakeLine(socket: string, certificate: string): string {
  return `1|6|unix|${socket}|grpc|${certificate}\n`;
}
