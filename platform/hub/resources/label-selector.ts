import { platformError } from '../../errors.ts';

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const KEY = '([A-Za-z0-9][-A-Za-z0-9_./]*)';
const VALUE = '([-A-Za-z0-9_.]*)';
const EXISTS = new RegExp(`^(!?)\\s*${KEY}$`);
const EQUALS = new RegExp(`^${KEY}\\s*(==|=|!=)\\s*${VALUE}$`);
const SET = new RegExp(`^${KEY}\\s+(in|notin)\\s*\\(\\s*(${VALUE}(?:\\s*,\\s*${VALUE})*)\\s*\\)$`);

/** Whether labels fit a selector as kubectl takes it: `a=b,a!=b,a in (b,c),a notin (b),a,!a`. Throws REQUEST_INVALID. */
export function labelSelector(text: string): (labels: Labels) => boolean {
  // Commas stand between requirements, and within the parentheses of a set.
  const requirements = text.split(/,(?![^(]*\))/).map((part) => requirementOf(part.trim()));
  return (labels) => requirements.every((holds) => holds(labels));
}

function requirementOf(text: string): Requirement {
  const [, not, key = ''] = EXISTS.exec(text) ?? [];
  if (not !== undefined) return (labels) => Object.hasOwn(labels, key) === (not === '');
  const [, name = '', sign, value = ''] = EQUALS.exec(text) ?? [];
  if (sign !== undefined) return among(name, [value], sign !== '!=');
  const [, of = '', how, values = ''] = SET.exec(text) ?? [];
  if (how !== undefined)
    return among(
      of,
      values.split(',').map((one) => one.trim()),
      how === 'in',
    );
  throw platformError('REQUEST_INVALID', { subject: 'labelSelector', detail: text.slice(0, 200) });
}

// What has no such label is not among any values, and so fits a requirement that says "not".
function among(key: string, values: readonly string[], wanted: boolean): Requirement {
  return (labels) => (Object.hasOwn(labels, key) && values.includes(labels[key] ?? '')) === wanted;
}
