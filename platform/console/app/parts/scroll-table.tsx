import type { ReactNode } from 'react';

/** A table that may be wider than the window: then it scrolls by itself, also by keyboard. */
export function ScrollTable({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section className="scroll" tabIndex={0} aria-label={label}>
      <table>{children}</table>
    </section>
  );
}
