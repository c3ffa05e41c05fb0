import { readFile } from 'node:fs/promises';
import { messageOf } from '../../content/error.ts';
import { credentialFiles } from '../../content/remote/credentials.ts';
import { platformError } from '../errors.ts';
import type { Flags, HubCommandContext } from './command.ts';
import { type HubOptions, hostsOf, type TlsOptions } from './options.ts';
import { signInOf } from './session/sign-in-setting.ts';

/** Serves the hub until a signal stops it. */
export async function runHubCommand(
  flags: Flags,
  { version, stdout, env }: HubCommandContext,
): Promise<void> {
  const options: HubOptions = {
    version,
    listen: flags.listen,
    registry: {
      address: flags.registry,
      ca: flags.registryCa === undefined ? undefined : await readCa(flags.registryCa),
      credentials: credentialFiles(env),
      packsPrefix: flags.packsPrefix,
    },
    kubeconfig: flags.kubeconfig,
    tls: tlsOf(flags),
    agents: agentsOf(flags),
    signIn: await signInOf(flags, flags.tlsSecret.namespace),
    terms: {
      authorityDays: flags.authorityDays,
      servingDays: flags.certificateDays,
      agentDays: flags.agentCertificateDays,
      renewLeft: flags.renewLeft,
    },
    logLevel: flags.logLevel,
  };
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    // The server takes long to load: who stops it meanwhile is heard.
    const { runHub } = await import('./main.ts');
    await runHub(options, { signal: controller.signal, log: stdout });
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function tlsOf({ tlsCert, tlsKey, tlsSecret, serviceName, tlsHost, tlsNodes }: Flags): TlsOptions {
  if (tlsCert !== undefined && tlsKey !== undefined) return { cert: tlsCert, key: tlsKey };
  if (tlsCert !== undefined || tlsKey !== undefined) {
    throw platformError('HUB_OPTION_INVALID', {
      subject: tlsCert === undefined ? '--tls-key' : '--tls-cert',
      detail: '--tls-cert and --tls-key go together',
    });
  }
  const { namespace, name } = tlsSecret;
  const hosts = [...new Set([...hostsOf(serviceName, namespace), ...tlsHost])];
  return { namespace, secret: name, hosts, nodes: tlsNodes };
}

function agentsOf(flags: Flags): HubOptions['agents'] {
  const { agents, agentsListen, agentsUrl, agentsImage, agentsRegistry, authoritySecret, tlsSecret } = flags;
  if (!agents) return undefined;
  return {
    listen: agentsListen,
    urls: agentsUrl,
    image: agentsImage,
    registry:
      agentsRegistry === undefined ? undefined : { ip: agentsRegistry.host, port: agentsRegistry.port },
    authoritySecret,
    namespace: tlsSecret.namespace,
  };
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw platformError('HUB_OPTION_INVALID', { subject: '--registry-ca', detail: messageOf(cause), cause });
  }
}
