import { useEffect } from 'react';
import { Page } from '../parts/page.tsx';
import { tellSignedIn } from './signed-in.ts';

/** Where a sign-in in a window of its own ends. */
export function SignedIn() {
  useEffect(() => {
    tellSignedIn();
    window.close();
  }, []);
  return (
    <Page title="Signed in">
      <p>You may close this window and go on in the other one.</p>
    </Page>
  );
}
