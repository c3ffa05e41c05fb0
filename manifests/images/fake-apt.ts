import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Apt } from './apt.ts';
import type { DebianPackage } from './debian-package.ts';
import { imageError } from './errors.ts';

export interface Fault {
  readonly listsAreOld?: boolean;
  readonly filesAreGone?: boolean;
  readonly wrongBytes?: boolean;
}

/** A mirror for tests. Its .deb files are their own names; unpacked, each holds one program, setuid, and a licence. */
export class FakeApt implements Apt {
  readonly fetched: string[] = [];
  updates = 0;
  readonly #depends: Readonly<Record<string, readonly string[]>>;
  readonly #fault: Fault;

  constructor(depends: Readonly<Record<string, readonly string[]>>, fault: Fault = {}) {
    this.#depends = depends;
    this.#fault = fault;
  }

  async show(): Promise<DebianPackage[]> {
    if (this.#fault.listsAreOld && this.updates === 0) return [];
    const version = this.#fault.filesAreGone && this.updates > 0 ? '2' : '1';
    return Object.entries(this.#depends).map(([name, depends]) => {
      const sha256 = createHash('sha256').update(name).digest('hex');
      return { name, version, architecture: 'all', sha256, depends };
    });
  }

  async update(): Promise<boolean> {
    this.updates += 1;
    return true;
  }

  async download(packages: readonly DebianPackage[], to: string): Promise<void> {
    if (this.#fault.filesAreGone && this.updates === 0) {
      throw imageError('IMAGE_PACKAGE_UNAVAILABLE', { subject: 'apt-get download', detail: '404' });
    }
    for (const { name, version } of packages) {
      this.fetched.push(name);
      await writeFile(join(to, `${name}_${version}_all.deb`), this.#fault.wrongBytes ? 'other' : name);
    }
  }

  async unpack(deb: string, to: string): Promise<string> {
    const name = await readFile(deb, 'utf8');
    for (const path of [`usr/bin/${name}`, `usr/share/doc/${name}/copyright`]) {
      await mkdir(dirname(join(to, path)), { recursive: true });
      await writeFile(join(to, path), name);
    }
    await chmod(join(to, 'usr/bin', name), 0o4755);
    return `Package: ${name}\n`;
  }
}
