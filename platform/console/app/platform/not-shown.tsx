import { Empty } from '../parts/empty.tsx';

/** In place of what the user's roles don't show. */
export function NotShown({ what }: { readonly what: string }) {
  return (
    <Empty title={`Your roles don’t show ${what}.`}>
      <p>It takes skerry-operator, skerry-admin or skerry-auditor for the whole platform.</p>
    </Empty>
  );
}
