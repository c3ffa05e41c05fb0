import { Link } from '@tanstack/react-router';
import { differenceLines, differences } from '../../../client/commands/profile/profile-diff.ts';
import type { Profile } from '../../../client/kinds.ts';
import { useObjects } from '../hub/objects.ts';
import { TextBox } from '../parts/text-box.tsx';
import { type Draft, specOf } from './draft.ts';

interface DraftReviewProps {
  readonly project: string;
  readonly before: Profile | undefined;
  readonly draft: Draft;
}

/** What is different from the version before, and which clusters have that. */
export function DraftReview({ project, before, draft }: DraftReviewProps) {
  const { data: clusters = [] } = useObjects('clusters', project);
  if (before === undefined) return null;
  const { version: _, ...old } = before.spec;
  const { version: __, ...fresh } = specOf(draft);
  const lines = differenceLines(
    differences(JSON.parse(JSON.stringify(old)), JSON.parse(JSON.stringify(fresh))),
  );
  const users = clusters.filter(({ spec }) =>
    (spec.profiles ?? []).some((use) => use.name === before.spec.name),
  );
  return (
    <>
      <h2>
        Against {before.spec.name}@{before.spec.version}
      </h2>
      {lines.length === 0 ? (
        <p>Nothing is different yet.</p>
      ) : (
        <TextBox label="What is different">
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no names, and are drawn as a whole.
            <span key={index} className={classOf(line)}>
              {line}
              {'\n'}
            </span>
          ))}
        </TextBox>
      )}
      <p>
        {users.length === 0
          ? 'No cluster has this profile.'
          : `${users.length} clusters have this profile. Making a version changes none of them: give it to one in its settings, or roll it out.`}
      </p>
      <ul>
        {users.slice(0, 20).map((cluster) => (
          <li key={cluster.uid}>
            <Link to="/clusters/$project/$name" params={{ project, name: cluster.name }}>
              {cluster.name}
            </Link>{' '}
            has {cluster.spec.profiles?.find(({ name }) => name === before.spec.name)?.version}
          </li>
        ))}
      </ul>
    </>
  );
}

function classOf(line: string): string | undefined {
  const [sign] = line.trimStart();
  return sign === '+' ? 'added' : sign === '-' ? 'taken' : undefined;
}
