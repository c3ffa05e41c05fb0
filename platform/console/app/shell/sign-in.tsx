import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { loginAddress, signInWithToken } from '../hub/session.ts';
import { TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { tellSignedIn } from './signed-in.ts';

interface SignInProps {
  readonly ways: readonly string[] | undefined;
  readonly issuer: string | undefined;
  /** Then the page must not be left: the identity provider is asked in a window of its own. */
  readonly isOverPage: boolean;
}

/** Ways to sign in: those that the hub has. */
export function SignIn({ ways = ['token'], issuer, isOverPage }: SignInProps) {
  const [token, setToken] = useState('');
  const signing = useMutation({
    mutationFn: async () => await signInWithToken(token.trim()),
    onSuccess: () => {
      setToken('');
      tellSignedIn();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signing.mutate();
  };
  return (
    <>
      {ways.includes('oidc') ? <ProviderButton issuer={issuer} isOverPage={isOverPage} /> : null}
      {ways.includes('token') ? (
        <form onSubmit={submit}>
          <TextField
            label="Token"
            type="password"
            value={token}
            onValue={setToken}
            required
            hint={
              <>
                Of a Kubernetes user or ServiceAccount, as <code>kubectl create token NAME</code> prints it.
                The hub keeps it; the browser does not.
              </>
            }
          />
          <ProblemNote error={signing.error} />
          <button type="submit" className="primary" disabled={signing.isPending || token.trim() === ''}>
            {signing.isPending ? 'Signing in…' : 'Sign in with the token'}
          </button>
        </form>
      ) : null}
    </>
  );
}

function ProviderButton({ issuer, isOverPage }: Pick<SignInProps, 'issuer' | 'isOverPage'>) {
  const go = () => {
    if (isOverPage)
      window.open(loginAddress('/ui/signed-in'), 'skerry-sign-in', 'popup,width=520,height=680');
    else window.location.assign(loginAddress(window.location.pathname + window.location.search));
  };
  return (
    <p>
      <button type="button" className="primary" onClick={go}>
        Sign in with {issuer === undefined ? 'your identity provider' : new URL(issuer).host}
      </button>
    </p>
  );
}
