import { userInfo } from 'node:os';

/** Who runs this program, as an operator knows them: for logs, and no proof of anything. */
export function localUser({ SUDO_USER }: NodeJS.ProcessEnv): string {
  const name = nameOfUser();
  return (SUDO_USER ? `${name} (sudo by ${SUDO_USER})` : name).slice(0, 200);
}

/** The name of the operating system's user, or its number: a container's user need not have a name. */
export function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
