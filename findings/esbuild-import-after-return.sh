#!/usr/bin/env bash
# esbuild 0.28.2 keeps what `import()` brings in after an early return, even where the condition is constant.
#
# Why it matters: `if (typeof BUILT !== 'undefined') return BUILT; const { build } = await import('./build.ts')` looks as if a
# program that is built with `define: { BUILT: … }` had no use for build.ts any more. It ships all the same, with the whole
# bundler in it. The same inside `if (typeof BUILT === 'undefined') { … }` is dropped.
# Cure: put the import into a block of a condition that is false.
#
# Needs: node, npm, network to an npm registry. Fails when the behaviour changes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund esbuild@0.28.2

echo 'export const build = () => "HEAVY";' > heavy.js
cat > early.js <<'JS'
export async function files() {
  if (typeof BUILT !== 'undefined') return BUILT;
  const { build } = await import('./heavy.js');
  return build();
}
JS
cat > block.js <<'JS'
export async function files() {
  if (typeof BUILT === 'undefined') {
    const { build } = await import('./heavy.js');
    return build();
  }
  return BUILT;
}
JS
for name in early block; do
  npx esbuild "$name.js" --bundle --format=esm --splitting --minify-syntax --define:BUILT='"yes"' --outdir="out-$name" --log-level=error
done

early=$({ grep -rl HEAVY out-early || true; } | wc -l)
block=$({ grep -rl HEAVY out-block || true; } | wc -l)
echo "after an early return: $early file(s) with the unused code; in a block that never runs: $block"
[[ $early -ge 1 && $block -eq 0 ]]
