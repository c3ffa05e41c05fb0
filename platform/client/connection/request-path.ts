import { platformError } from '../../errors.ts';
import { filledPath, type Query } from './filled-path.ts';

/** An address on the hub from a path as OpenAPI writes it. Throws REQUEST_INVALID for a name that no path can hold. */
export function requestPath(
  template: string,
  params: Readonly<Record<string, string>>,
  query: Query = {},
): string {
  return filledPath(template, params, query, (subject, value) =>
    platformError('REQUEST_INVALID', {
      subject,
      detail: JSON.stringify(value),
      remedy: 'Give a name of small letters, digits and hyphens.',
    }),
  );
}
