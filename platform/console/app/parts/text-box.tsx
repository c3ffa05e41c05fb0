import type { ReactNode } from 'react';

/** Text as it is, to be read; what is longer scrolls, also by keyboard. */
export function TextBox({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section className="box" tabIndex={0} aria-label={label}>
      <pre>{children}</pre>
    </section>
  );
}
