import { repositoryOf, tryParseReference } from '../../content/reference.ts';
import { REGISTRY_ADDRESS, REGISTRY_NODE_PORT } from '../names.ts';

/** A file for the container runtime of a node. It is read at every pull; nothing has to be started again. */
export interface NodeFile {
  readonly path: string;
  readonly text: string;
}

/** Where containerd looks for mirrors, if its `config_path` says so (docs/hosts.md of containerd). */
const FOLDER = '/etc/containerd/certs.d';

/**
 * Leads `localhost:31999` to the node's own address. Every mode of kube-proxy answers NodePorts there; on 127.0.0.1 only
 * its iptables mode does. References don't change.
 */
export function addressFile(nodeIp: string): NodeFile {
  const url = `http://${bracketed(nodeIp)}:${REGISTRY_NODE_PORT}`;
  return { path: `${FOLDER}/${REGISTRY_ADDRESS}/hosts.toml`, text: hosts(url, url, false) };
}

/**
 * For each host that images of the release come from: the private registry answers for it, under the name that the host
 * has there. Whatever it does not hold is asked for at the host itself, as before.
 */
export function originFiles(references: Iterable<string>, nodeIp: string): NodeFile[] {
  const origins = new Map<string, string>();
  for (const reference of references) {
    const parsed = tryParseReference(reference);
    if (parsed === undefined) continue;
    const [kept = ''] = repositoryOf(parsed).split('/');
    origins.set(parsed.host, kept);
  }
  return [...origins].sort().map(([host, kept]) => ({
    path: `${FOLDER}/${host}/hosts.toml`,
    text: hosts(
      host === 'docker.io' ? 'https://registry-1.docker.io' : `https://${host}`,
      `http://${bracketed(nodeIp)}:${REGISTRY_NODE_PORT}/v2/${kept}`,
      true,
    ),
  }));
}

/** A shell script that lays the files down on one node. */
export function nodeScript(node: string, files: readonly NodeFile[]): string {
  return [
    `# On node ${node}, as root:`,
    ...files.flatMap(({ path, text }) => [
      `mkdir -p '${path.slice(0, path.lastIndexOf('/'))}'`,
      `cat > '${path}' <<'EOF'`,
      `${text.trimEnd()}`,
      'EOF',
    ]),
    '',
  ].join('\n');
}

function hosts(server: string, mirror: string, overridePath: boolean): string {
  return [
    `server = "${server}"`,
    '',
    `[host."${mirror}"]`,
    '  capabilities = ["pull", "resolve"]',
    ...(overridePath ? ['  override_path = true'] : []),
    '',
  ].join('\n');
}

function bracketed(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}
