import { readFile, realpath, stat } from 'node:fs/promises';
import { isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { replaceFile } from '../../../content/bytes/blob-file.ts';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';

/** The name of the context and the user that are added. */
const NAME = 'skerry';

interface KubectlContext {
  /** The hub that the login is for; for another one kubectl gets no token. */
  readonly hub: string;
  /** The context whose cluster is meant; the current one when absent. */
  readonly from: string | undefined;
  /** What starts the skerry program: a file, and arguments before its own. */
  readonly program: readonly string[];
}

/**
 * Adds a context to a kubeconfig in which kubectl asks this program for its token (client-go credential plugins); all
 * else in it stays as it is. Gives the context's name. Throws LOGIN_INVALID.
 */
export async function addKubectlContext(
  path: string,
  { hub, from, program }: KubectlContext,
): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unfit(path, messageOf(cause), cause);
  });
  const document = parseDocument(text);
  const root: unknown = document.contents;
  if (document.errors.length > 0 || !isMap(root))
    throw unfit(path, document.errors[0]?.message ?? 'no mapping');
  const current = from ?? root.get('current-context');
  const context = entries(root, 'contexts').find((entry) => entry.get('name') === current);
  const cluster = context?.getIn(['context', 'cluster']);
  if (typeof cluster !== 'string') throw unfit(path, `it has no context ${String(current)} with a cluster`);
  const namespace = context?.getIn(['context', 'namespace']);
  const [command, ...before] = program;
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command,
    args: [...before, 'kubectl-credential', '--hub', hub],
    interactiveMode: 'Never',
    installHint: 'Put the skerry program back where it was, or run "skerry login --kubectl" again.',
  };
  put(document.createNode({ name: NAME, user: { exec } }), 'users');
  put(
    document.createNode({
      name: NAME,
      context: { cluster, user: NAME, ...(typeof namespace === 'string' ? { namespace } : {}) },
    }),
    'contexts',
  );
  await replace(path, document.toString());
  return NAME;

  function put(node: unknown, list: string): void {
    const others = entries(root, list).filter((entry) => entry.get('name') !== NAME);
    document.set(list, document.createNode([...others, node]));
  }
}

function entries(root: unknown, list: string): YAMLMap[] {
  const found: unknown = isMap(root) ? root.get(list, true) : undefined;
  return isSeq(found) ? found.items.filter((item): item is YAMLMap => isMap(item)) : [];
}

async function replace(path: string, text: string): Promise<void> {
  try {
    // Where it is a link, as dotfiles in a repository are, the link stays and what it leads to is replaced.
    const file = await realpath(path);
    const { mode } = await stat(file);
    await replaceFile(file, text, undefined, mode & 0o777);
  } catch (cause) {
    throw unfit(path, messageOf(cause), cause);
  }
}

function unfit(subject: string, detail: string, cause?: unknown) {
  return platformError('LOGIN_INVALID', { subject, detail, cause });
}
