import { type ReactNode, useEffect, useRef } from 'react';

interface PageProps {
  readonly title: string;
  /** Where it belongs to, before the title. */
  readonly above?: ReactNode;
  /** What can be done here. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

let shown = 0;

/** One page: its name in the window and as the heading, which gets the focus when somebody comes here from another page. */
export function Page({ title, above, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Skerry`;
  }, [title]);
  useEffect(() => {
    if (shown++ > 0) heading.current?.focus();
  }, []);
  return (
    <>
      <header className="page-head">
        <div>
          {above === undefined ? null : <p className="above">{above}</p>}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
        </div>
        {actions === undefined ? null : <div className="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}
