/** What Markdown pages link to among the project's own files; addresses of other places are left out. */
export function localLinks(
  markdown: string,
): { readonly path: string; readonly anchor: string | undefined }[] {
  const text = markdown.replaceAll(/^( *)```[\s\S]*?^\1```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { path, anchor };
    });
}

/** The anchors that GitHub and its like make of a page's headings. */
export function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.replaceAll(/^( *)```[\s\S]*?^\1```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
