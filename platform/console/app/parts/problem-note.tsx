import { problemOf } from '../hub/problem.ts';

/** What went wrong, by its code, and what to do now. */
export function ProblemNote({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
}) {
  if (error === null || error === undefined) return null;
  const { code, title, detail, subject, remedy, errors, instance } = problemOf(error);
  return (
    <div role="alert" className="note bad">
      <p>
        <strong>{title}</strong> <code>{code}</code>
        {subject === undefined ? '' : ` (${subject})`}
      </p>
      {detail === undefined ? null : <p>{detail}</p>}
      {errors.length === 0 ? null : (
        <ul>
          {errors.map(({ path, message, detail: said = message, code: why }) => (
            <li key={`${path} ${message}`}>
              {path === '' ? null : <code>{path}</code>} {said}{' '}
              {why === undefined ? null : <code>{why}</code>}
            </li>
          ))}
        </ul>
      )}
      {remedy === undefined ? null : <p>{remedy}</p>}
      {code === 'HUB_FAILED' && instance !== undefined ? <p>Request {instance} in the hub’s log.</p> : null}
      {retry === undefined ? null : (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
