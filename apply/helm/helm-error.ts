import type { SkerryError } from '../../content/error.ts';
import { applyError } from '../errors.ts';

export interface HelmFailure {
  /** The chart or release. */
  readonly subject: string;
  readonly stderr: string;
}

/** The error that helm's stderr stands for; helm's own words are kept in the detail. */
export function helmError({ subject, stderr }: HelmFailure): SkerryError {
  const detail = messageOf(stderr);
  if (/kubernetes cluster unreachable/i.test(detail))
    return applyError('CLUSTER_UNREACHABLE', { subject, detail });
  if (/ is forbidden: User ".*" cannot /.test(detail))
    return applyError('CLUSTER_FORBIDDEN', { subject, detail });
  if (/Apply failed with \d+ conflict|conflict occurred while applying/.test(detail)) {
    return applyError('APPLY_CONFLICT', { subject, detail });
  }
  if (/server-side apply failed for object .* is invalid: /.test(detail))
    return applyError('OBJECT_INVALID', { subject, detail });
  if (/server-side apply failed for object |Hook \S+ \S+ failed: /.test(detail))
    return applyError('HELM_FAILED', { subject, detail });
  if (/another operation .* is in progress/.test(detail))
    return applyError('HELM_RELEASE_BUSY', { subject, detail });
  if (!RENDER_FAILURE.test(detail)) return applyError('HELM_FAILED', { subject, detail });
  const place = placeOf(detail);
  return applyError('HELM_RENDER_FAILED', {
    subject,
    detail: place === undefined ? detail : `${place}: ${detail}`,
  });
}

/** `demo/templates/web.yaml:12` where helm says it. */
export function placeOf(message: string): string | undefined {
  const found = /([\w.-]+(?:\/[\w.-]+)*\/(?:templates|crds)\/[^\s:()"']+)(?::(\d+))?/.exec(message);
  if (found === null) return undefined;
  const [, file = '', line] = found;
  const yamlLine = /yaml: line (\d+)/.exec(message)?.[1];
  const at = line ?? yamlLine;
  return at === undefined ? file : `${file}:${at}`;
}

const RENDER_FAILURE = new RegExp(
  [
    String.raw`/templates/\S+`, // a template, or what it rendered to
    'execution error at',
    'parse error at',
    'YAML parse error',
    "values don't meet the specifications of the schema",
    'chart requires kubeVersion',
    'found in Chart.yaml, but missing in charts/',
    'missing in charts/ directory',
    'Chart.yaml file is missing',
    'chart metadata',
    'path ".*" not found',
    'cannot load values',
    'failed to parse',
  ].join('|'),
  'i',
);

// Log lines (`level=WARN msg=…`) come before the sentence that counts; the hint about --debug helps no one here; and a
// value that a schema refuses may be a secret.
function messageOf(stderr: string): string {
  const start = stderr.search(/^Error: /m);
  const text = start === -1 ? stderr : stderr.slice(start + 'Error: '.length);
  return text
    .replace(/\n+Use --debug flag.*$/s, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/'[^']*' does not match pattern/g, 'value does not match pattern')
    .trim()
    .slice(0, 4000);
}
