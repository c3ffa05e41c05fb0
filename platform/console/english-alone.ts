import type { Plugin } from 'esbuild';

/** React Aria comes with its few texts in thirty languages, a tenth of the console; the console itself is in English. */
export const englishAlone: Plugin = {
  name: 'english-alone',
  setup: (build) => {
    build.onLoad({ filter: /\/intl\/.*\/[a-z]{2}-[A-Z]{2}\.m?js$/ }, ({ path }) =>
      /en-US\.m?js$/.test(path) ? undefined : { contents: 'export default {};' },
    );
  },
};
