import { Command, InvalidArgumentError, Option } from 'commander';
import { FINGERPRINT_GRAMMAR } from '../../api/name-grammar.ts';
import type { ServiceAccount } from '../login/kubeconfig-login.ts';
import type { Terminal } from '../output/terminal.ts';

export interface Options {
  readonly tokenFile?: string;
  readonly tokenStdin?: boolean;
  readonly kubeconfig?: string | true;
  readonly context?: string;
  readonly serviceAccount?: ServiceAccount;
  readonly ca?: string;
  readonly caFingerprint?: string;
  readonly project?: string;
  readonly browser?: boolean;
  readonly kubectl?: string | true;
}

export function loginCommand(terminal: Terminal): Command {
  return new Command('login')
    .argument('[url]', 'https://HOST[:PORT] of the hub; that of the last login otherwise', parseUrl)
    .addOption(
      new Option('--token-file <file>', 'a Kubernetes bearer token').conflicts(['tokenStdin', 'kubeconfig']),
    )
    .addOption(new Option('--token-stdin', 'the token comes from standard input').conflicts('kubeconfig'))
    .option(
      '--kubeconfig [file]',
      'take the token of its user, and the hub’s certificate where the user may read it',
    )
    .option('--context <name>', 'a context of the kubeconfig')
    .addOption(
      new Option(
        '--service-account <namespace/name>',
        'log in as this one, with a token that the user of the kubeconfig makes for it',
      )
        .argParser(parseAccount)
        .conflicts(['tokenFile', 'tokenStdin']),
    )
    .option('--ca <file>', 'certificates (PEM) trusted for the hub in place of the system’s')
    .addOption(
      new Option(
        '--ca-fingerprint <fingerprint>',
        'SHA256:... of the key of a certificate that the hub shows',
      )
        .argParser(parseFingerprint)
        .conflicts('ca'),
    )
    .addOption(
      new Option(
        '--browser',
        'sign in with a browser on this machine, also where the identity provider takes codes from anywhere',
      ).conflicts(['tokenFile', 'tokenStdin', 'kubeconfig', 'serviceAccount']),
    )
    .option(
      '--kubectl [kubeconfig]',
      'add a context "skerry" to a kubeconfig, in which kubectl is the user of this login',
    )
    .option('--project <name>', 'the project that commands mean where none is named')
    .addHelpText(
      'after',
      `
Without a token or a kubeconfig you sign in at the identity provider of the hub, if it has one: with a code, on any
device, or else with a browser on this machine. The login is renewed by itself as long as the identity provider lets
it; then "skerry login" alone signs in again. To the hub of the last login --ca and --project need not be said again.

It is kept in $XDG_CONFIG_HOME/skerry/hub.json, encrypted with a key in $XDG_STATE_HOME/skerry, and only you can read
either. A kubeconfig whose user is known by a certificate, also one from an exec plugin, has no token: name a
ServiceAccount that it may make one for.

Examples:
  skerry login https://hub.example:8443 --ca ca.crt
  skerry login
  skerry login https://hub.example:8443 --ca ca.crt --kubectl
  skerry login https://hub.example:8443 --token-file token --ca ca.crt
  kubectl create token alice | skerry login https://hub.example:8443 --token-stdin --ca ca.crt
  skerry login https://hub.example:8443 --kubeconfig --project payments
  skerry login https://hub.example:8443 --kubeconfig --service-account people/alice`,
    )
    .action(async (url: string | undefined, options: Options, command: Command) => {
      const { runLogin } = await import('./run-login.ts');
      await runLogin(terminal, url, options, command);
    });
}

function parseUrl(text: string): string {
  const url = URL.parse(text);
  // A token must not go over a line that anybody can read.
  if (url?.protocol !== 'https:' || url.username !== '' || url.pathname !== '/' || url.search !== '')
    throw new InvalidArgumentError('an address as https://HOST[:PORT]');
  return url.origin;
}

function parseAccount(text: string): ServiceAccount {
  const [, namespace = '', name = ''] = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('a ServiceAccount as NAMESPACE/NAME');
  return { namespace, name };
}

function parseFingerprint(text: string): string {
  if (!FINGERPRINT_GRAMMAR.test(text))
    throw new InvalidArgumentError('a fingerprint as SHA256: and 43 characters');
  return text;
}
