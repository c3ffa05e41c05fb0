import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { signOut, useSession } from '../hub/session.ts';
import { Age } from '../parts/age.tsx';
import { keepTheme, readTheme, THEMES, type Theme } from './theme.ts';
import { userText } from './user-text.ts';

const LABELS: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' };

/** Who is signed in, how it looks, and the way out. */
export function UserMenu() {
  const { data: session } = useSession();
  const [theme, setTheme] = useState(readTheme);
  const leaving = useMutation({
    mutationFn: signOut,
    // All that was read is forgotten with the page.
    onSettled: (url) => window.location.assign(url ?? '/ui/'),
  });
  return (
    <details className="user-menu">
      <summary>{session === undefined ? 'You' : userText(session.user)}</summary>
      <div className="user-card">
        <p>
          You are <code>{session?.user}</code>
        </p>
        {session?.groups.length ? (
          <>
            <p>Groups</p>
            <ul>
              {session.groups.map((group) => (
                <li key={group}>{group}</li>
              ))}
            </ul>
          </>
        ) : null}
        {session?.expires === undefined ? null : (
          <p>
            The session ends <Age at={session.expires} />.
          </p>
        )}
        <fieldset>
          <legend>Appearance</legend>
          {THEMES.map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="theme"
                checked={theme === each}
                onChange={() => {
                  keepTheme(each);
                  setTheme(each);
                }}
              />
              {LABELS[each]}
            </label>
          ))}
        </fieldset>
        <button type="button" disabled={leaving.isPending} onClick={() => leaving.mutate()}>
          Sign out
        </button>
      </div>
    </details>
  );
}
