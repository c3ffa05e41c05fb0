import type { Writable } from 'node:stream';
import { Command, InvalidArgumentError, Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from './log-level.ts';
import { type SignInFlags, withSignIn } from './session/sign-in-flags.ts';
import { DEFAULT_TERMS } from './tls/certificate-terms.ts';

export interface HubCommandContext {
  readonly version: string;
  readonly stdout: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
}

export interface Flags extends SignInFlags {
  readonly listen: { host: string; port: number };
  readonly registry: string;
  readonly registryCa?: string;
  readonly packsPrefix: string;
  readonly kubeconfig?: string;
  readonly tlsSecret: { namespace: string; name: string };
  readonly serviceName: string;
  readonly tlsHost: readonly string[];
  readonly tlsNodes?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly agents: boolean;
  readonly agentsListen: { host: string; port: number };
  readonly agentsUrl: readonly string[];
  readonly agentsImage?: string;
  readonly agentsRegistry?: { host: string; port: number };
  readonly authoritySecret: string;
  readonly certificateDays: number;
  readonly agentCertificateDays: number;
  readonly authorityDays: number;
  readonly renewLeft: number;
  readonly logLevel: LogLevel;
}

const DEFAULT_SECRET = { namespace: 'skerry-system', name: 'skerry-hub-tls' };

/** `skerry hub`: what the hub's pods run. Ends with 0 when it is told to stop by a signal. */
export function hubCommand(context: HubCommandContext): Command {
  const command = new Command('hub')
    .addOption(
      new Option('--listen <address>', 'HOST:PORT or :PORT')
        .argParser(parseAddress)
        .default({ host: '0.0.0.0', port: 8443 }, '0.0.0.0:8443'),
    )
    .requiredOption(
      '--registry <address>',
      'where packs are, e.g. http://skerry-registry.skerry-system.svc:5000',
    )
    .option('--registry-ca <file>', "certificates (PEM) trusted for the registry besides the system's")
    .option('--packs-prefix <name>', "what the packs' repositories begin with", 'skerry/packs')
    .option('--kubeconfig <file>', "which cluster; the pod's service account otherwise")
    .addOption(
      new Option('--tls-secret <namespace/name>', 'a Secret for a certificate of the hub’s own')
        .argParser(parseSecret)
        .default(DEFAULT_SECRET, `${DEFAULT_SECRET.namespace}/${DEFAULT_SECRET.name}`),
    )
    .option('--service-name <name>', 'the Service that the certificate is for', 'skerry-hub')
    .addOption(
      new Option('--tls-host <name>', 'a further DNS name or address for the certificate; may be repeated')
        .argParser(append)
        .default([], 'none'),
    )
    .option('--tls-nodes', 'the certificate is for addresses of this cluster’s nodes too')
    .option('--tls-cert <file>', 'certificate chain in PEM, in place of --tls-secret')
    .option('--tls-key <file>', 'its private key in PEM')
    .addOption(
      new Option('--agents-listen <address>', "the agents' door, HOST:PORT or :PORT")
        .argParser(parseAddress)
        .default({ host: '0.0.0.0', port: 8444 }, '0.0.0.0:8444'),
    )
    .addOption(
      new Option('--agents-url <url>', "the agents' door as agents reach it; may be repeated")
        .argParser(append)
        .default([], 'its NodePort on nodes of this cluster'),
    )
    .option(
      '--agents-image <reference>',
      "what agents run, as their nodes pull it; the agent pack's otherwise",
    )
    .option('--no-agents', 'serve the API alone, and manage no clusters')
    .addOption(
      new Option(
        '--agents-registry <address>',
        'IP:PORT where nodes of managed clusters reach the registry',
      ).argParser(parseAddress),
    )
    .option(
      '--authority-secret <name>',
      "a Secret beside --tls-secret for the agents' authority",
      'skerry-hub-authority',
    )
    .option(
      '--certificate-days <days>',
      'how long a certificate that the hub makes for itself is good',
      parseDays,
      DEFAULT_TERMS.servingDays,
    )
    .option('--agent-certificate-days <days>', 'the same of agents', parseDays, DEFAULT_TERMS.agentDays)
    .option('--authority-days <days>', 'the same of authorities', parseDays, DEFAULT_TERMS.authorityDays)
    .addOption(
      new Option(
        '--renew-left <percent>',
        'each is replaced when so much of its lifetime is left, from 5 to 90',
      )
        .argParser(parseShare)
        .default(DEFAULT_TERMS.renewLeft, '33'),
    )
    .addOption(new Option('--log-level <level>').choices(LOG_LEVELS).default('info'));
  return withSignIn(command).action(async (flags: Flags) => {
    const { runHubCommand } = await import('./run-command.ts');
    await runHubCommand(flags, context);
  });
}

function parseAddress(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw new InvalidArgumentError('an address as HOST:PORT or :PORT');
  return { host: host.replace(/^\[|\]$/g, '') || '0.0.0.0', port: Number(port) };
}

function parseDays(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a number of days from 1 to 99999');
}

function parseShare(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 5 && Number(text) <= 90) return Number(text) / 100;
  throw new InvalidArgumentError('a number from 5 to 90');
}

function parseSecret(text: string): { namespace: string; name: string } {
  const [, namespace = '', name = ''] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('a Secret as NAMESPACE/NAME');
  return { namespace, name };
}

function append(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}
