/** Tabs of one browser have one session: whoever signs in tells all of them. */
const channel = new BroadcastChannel('skerry-session');
const here = new Set<() => void>();

export function onSignedIn(listener: () => void): () => void {
  here.add(listener);
  channel.addEventListener('message', listener);
  return () => {
    here.delete(listener);
    channel.removeEventListener('message', listener);
  };
}

export function tellSignedIn(): void {
  channel.postMessage('signed in');
  for (const listener of here) listener();
}
