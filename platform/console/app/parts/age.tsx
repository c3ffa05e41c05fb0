import { absoluteText, ageText } from './age-text.ts';
import { useNow } from './now.ts';

/** How long ago something was; when exactly, on hover. */
export function Age({ at, none = 'never' }: { readonly at: string | undefined; readonly none?: string }) {
  const now = useNow();
  if (at === undefined || at === '') return <span className="faint">{none}</span>;
  return (
    <time dateTime={at} title={absoluteText(at)}>
      {ageText(at, now)}
    </time>
  );
}
