import { useQuery } from '@tanstack/react-query';
import { call } from '../hub/call.ts';
import { problemOf } from '../hub/problem.ts';
import { Facts } from '../parts/facts.tsx';
import { State } from '../parts/state.tsx';
import { OnTheWorkstation } from './on-the-workstation.tsx';

/** Which version this is, and whether it can work. */
export function ReleaseTab() {
  const { data: version } = useQuery({
    queryKey: ['version'],
    queryFn: async ({ signal }) => await call('GET /version', { signal }),
  });
  const ready = useQuery({
    queryKey: ['ready'],
    queryFn: async ({ signal }) => await call('GET /readyz', { signal }),
    refetchInterval: 15_000,
    retry: false,
  });
  const why = ready.error === null ? undefined : problemOf(ready.error);
  return (
    <>
      <Facts
        facts={[
          ['Hub', version?.version],
          ['Versions of its API', version?.apiVersions.join(', ')],
          [
            'Works',
            ready.data === undefined ? (
              why === undefined ? undefined : (
                <>
                  <State state="not ready" tone="bad" /> {why.detail ?? why.title}
                </>
              )
            ) : (
              <>
                <State state="ready" /> {ready.data.checks.join(', ')} answer
              </>
            ),
          ],
        ]}
      />
      <OnTheWorkstation
        title="Releases"
        what="Which release is installed, which components it has, and which releases may follow is known where it was installed from."
        commands={[
          ['skerry status', 'the release that runs, its components and their health'],
          ['skerry channel list', 'the releases of a channel, and which follow which'],
          ['skerry upgrade PLACE --plan', 'what an upgrade would do, step by step'],
        ]}
      />
    </>
  );
}
