import type { Draft } from './draft.ts';

/** What differs from cluster to cluster; it is taken from the version before. */
export function VariablesForm({ draft: { variables } }: { readonly draft: Draft }) {
  if (variables.length === 0) return null;
  return (
    <>
      <h2>Variables</h2>
      <ul>
        {variables.map(({ name, type, description }) => (
          <li key={name}>
            <code>{`\${${name}}`}</code> {type ?? 'string'} {description}
          </li>
        ))}
      </ul>
    </>
  );
}
