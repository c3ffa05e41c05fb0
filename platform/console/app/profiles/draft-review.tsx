import { useQuery } from '@tanstack/react-query';
import { differenceLines, differences } from '../../../client/commands/profile/profile-diff.ts';
import type { Profile } from '../../../client/kinds.ts';
import type { Plan } from '../../../client/operations.ts';
import { ask } from '../hub/call.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { TextBox } from '../parts/text-box.tsx';
import { PlanList } from '../plan/plan-list.tsx';
import { type Draft, specOf } from './draft.ts';

interface DraftReviewProps {
  readonly project: string;
  readonly before: Profile | undefined;
  readonly draft: Draft;
  /** What would be sent, as JSON, once nothing was typed for a while. */
  readonly settled: string;
  /** The hub would take it. */
  readonly isSound: boolean;
}

/** What is different from the version before, and which clusters have that. */
export function DraftReview({ project, before, draft, settled, isSound }: DraftReviewProps) {
  const plan = usePlan(project, settled, isSound && before !== undefined);
  if (before === undefined) return null;
  const { version: _, ...old } = before.spec;
  const { version: __, ...fresh } = specOf(draft);
  const lines = differenceLines(
    differences(JSON.parse(JSON.stringify(old)), JSON.parse(JSON.stringify(fresh))),
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
      <h2>Clusters</h2>
      {plan.error !== null ? null : plan.data === undefined ? (
        <p>
          {isSound
            ? 'Working out what it would change…'
            : 'What it would change is worked out once the hub would take it.'}
        </p>
      ) : (
        <>
          <p>
            Making a version changes none of them by itself: give it to one in its settings, or roll it out.
            Then this happens:
          </p>
          <PlanList plan={plan.data} />
        </>
      )}
      <ProblemNote error={plan.error} />
    </>
  );
}

function usePlan(project: string, settled: string, enabled: boolean) {
  return useQuery({
    queryKey: ['plan', project, settled],
    queryFn: async ({ signal }) => {
      const object: { readonly name: string } = JSON.parse(settled);
      return await ask<Plan>('POST /api/v1/projects/{project}/clusterprofiles/{name}/plan', {
        params: { project, name: object.name },
        body: object,
        signal,
      });
    },
    enabled,
    retry: false,
    gcTime: 0,
  });
}

function classOf(line: string): string | undefined {
  const [sign] = line.trimStart();
  return sign === '+' ? 'added' : sign === '-' ? 'taken' : undefined;
}
