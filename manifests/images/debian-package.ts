/** A Debian package as the machine's package lists name it: the version that apt would install now. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Of the .deb file, from the lists that apt has verified. */
  readonly sha256: string;
  /** Names of the packages that it depends on; of alternatives the first. */
  readonly depends: readonly string[];
}

/** Reads the stanzas that `apt-cache show` prints (deb822). One that only describes what is installed is left out. */
export function parsePackages(text: string): DebianPackage[] {
  return text
    .split(/\n\n+/)
    .map((stanza) => parseStanza(stanza))
    .flatMap((fields) => {
      const [name, version] = [fields.get('Package'), fields.get('Version')];
      const [architecture, sha256] = [fields.get('Architecture'), fields.get('SHA256')];
      if (!name || !version || !architecture || !sha256) return [];
      const depends = [fields.get('Pre-Depends'), fields.get('Depends')].flatMap(parseDepends);
      return [{ name, version, architecture, sha256, depends }];
    });
}

/**
 * True for packages that are followed for the sake of shared libraries. Debian names those lib…, with the one old
 * exception; gcc-N-base holds the licence of the compiler's own libraries.
 */
export function mayHoldLibraries(name: string): boolean {
  return /^(?:lib(?!js-)|zlib1g$|gcc-\d+-base$)/.test(name);
}

/** A folder or file name for this exact package. */
export function fileNameOf({ name, version, architecture, sha256 }: DebianPackage): string {
  return `${name}_${version.replaceAll(':', '%3a')}_${architecture}_${sha256.slice(0, 16)}`;
}

function parseStanza(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) {
    const match = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) fields.set(match[1], match[2]);
  }
  return fields;
}

function parseDepends(field: string | undefined): string[] {
  return (field ?? '')
    .split(',')
    .map(
      (dependency) =>
        dependency
          .split('|')[0]
          ?.trim()
          .split(/[\s(:]/)[0] ?? '',
    )
    .filter((name) => name !== '');
}
