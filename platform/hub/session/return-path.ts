/** Where a browser goes where no place, or one on another site, was asked for. */
export const HOME_PATH = '/ui/';

/** A place of the hub's own, as somebody may have asked for; anything else would send people to other sites. */
export function returnPath(asked: string | undefined): string {
  // Browsers take a backslash for a slash, and "//" begins the name of a host.
  if (asked === undefined || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}$/.test(asked)) return HOME_PATH;
  return asked;
}
