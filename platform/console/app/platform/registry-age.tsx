import { Age } from '../parts/age.tsx';

interface RegistryAgeProps {
  readonly readAt: string;
  readonly away?: { readonly code: string; readonly detail: string } | undefined;
}

/** How old an answer of the registry is; and why, where there is no younger one. */
export function RegistryAge({ readAt, away }: RegistryAgeProps) {
  if (away === undefined)
    return (
      <p className="faint">
        As the registry had it <Age at={readAt} />.
      </p>
    );
  return (
    <div role="status" className="note warn">
      <p>
        <strong>The registry does not answer.</strong> <code>{away.code}</code> {away.detail}
      </p>
      <p>
        Below is what it said <Age at={readAt} />. It is asked again when this page is opened again.
      </p>
    </div>
  );
}
