import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isBuiltInApi } from './served-apis.ts';
import { unpackChart } from './unpack-chart.ts';

/** `.Capabilities.APIVersions.Has "batch/v1beta1"`, from wherever the root is. */
const QUESTION = /[$\w.]*\.Capabilities\.APIVersions\.Has\s+["`]([^"`]+)["`]/g;
/** What stands for the answer no: like the question it is one command, wherever it stands. */
const NO = 'eq 1 2';

/**
 * Helm answers yes for every API that it was ever built with, `policy/v1beta1` and all, and can't be told otherwise. So
 * charts that ask for one which Kubernetes of a version does not serve are rendered from copies that answer no.
 */
export class HiddenApis {
  readonly #scratch: string;
  readonly #asking = new Map<string, Promise<AskingChart>>();
  readonly #copies = new Map<string, Promise<string>>();

  constructor(scratch: string) {
    this.#scratch = scratch;
  }

  /** The chart to render where only these APIs are served: itself, or a copy in a folder. */
  async chartFor(chart: string, served: ReadonlySet<string>): Promise<string> {
    const asking = this.#asking.get(chart) ?? this.#open(chart);
    this.#asking.set(chart, asking);
    const { folder, questions } = await asking;
    const apis = [...questions.values()].flat();
    const hidden = new Set(apis.filter((api) => isBuiltInApi(api) && !served.has(api)));
    if (hidden.size === 0) return chart;
    const key = [chart, ...[...hidden].sort()].join('\n');
    const copy = this.#copies.get(key) ?? this.#copy(folder, [...questions.keys()], hidden);
    this.#copies.set(key, copy);
    return await copy;
  }

  async #open(chart: string): Promise<AskingChart> {
    const folder = await unpackChart(chart, this.#scratch);
    return { folder, questions: await questionsIn(folder) };
  }

  async #copy(folder: string, files: readonly string[], hidden: ReadonlySet<string>): Promise<string> {
    const copy = await mkdtemp(join(this.#scratch, 'chart-'));
    await cp(folder, copy, { recursive: true });
    for (const file of files) {
      const text = await readFile(join(copy, file), 'utf8');
      await writeFile(
        join(copy, file),
        text.replace(QUESTION, (question, api: string) => (hidden.has(api) ? NO : question)),
      );
    }
    return copy;
  }
}

interface AskingChart {
  /** The chart with everything in it as plain files. */
  readonly folder: string;
  /** Files that ask for APIs, and which. */
  readonly questions: ReadonlyMap<string, readonly string[]>;
}

async function questionsIn(chart: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const entries = await readdir(chart, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !/\.(?:ya?ml|tpl|txt|json)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const apis = [...(await readFile(path, 'utf8')).matchAll(QUESTION)].flatMap(([, api]) => api ?? []);
    if (apis.length > 0) found.set(path.slice(chart.length), apis);
  }
  return found;
}
