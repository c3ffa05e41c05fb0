import ts from 'typescript';

export interface FoundImport {
  /** Undefined when it is not written as a plain string. */
  readonly specifier: string | undefined;
  /** Counted from 1. */
  readonly line: number;
  /** With the file itself, when something in it is called, or never, where it gives types alone. */
  readonly loads: 'first' | 'later' | 'never';
}

/**
 * Everything by which a TypeScript file brings in another one: imports and re-exports, of types too, `import()` as a
 * call and as a type, require, import.meta.resolve, and a `new URL(…, import.meta.url)` that names a .ts file, which is
 * how workers and child processes are started.
 */
export function importsOf(path: string, text: string): FoundImport[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: FoundImport[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({
        specifier: ts.isStringLiteralLike(specifier) ? specifier.text : undefined,
        line,
        loads: loads(node),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

// `import { type Name }` without `type` in front is an import for its effects once types are gone.
function loads(node: ts.Node): FoundImport['loads'] {
  if (ts.isImportDeclaration(node))
    return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'never' : 'first';
  if (ts.isExportDeclaration(node)) return node.isTypeOnly ? 'never' : 'first';
  return ts.isImportTypeNode(node) ? 'never' : 'later';
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node;
  if (ts.isCallExpression(node) && isImportCall(node.expression)) return node.arguments[0] ?? node;
  if (ts.isNewExpression(node)) return urlOf(node);
  return undefined;
}

function isImportCall(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword ||
    /^(?:require|import\.meta\.resolve)$/.test(callee.getText())
  );
}

function urlOf({ expression, arguments: given }: ts.NewExpression): ts.Node | undefined {
  const [name, base] = given ?? [];
  if (expression.getText() !== 'URL' || base?.getText() !== 'import.meta.url' || name === undefined)
    return undefined;
  return ts.isStringLiteralLike(name) && name.text.endsWith('.ts') ? relativeName(name) : undefined;
}

// A URL without ./ is relative all the same.
function relativeName(name: ts.StringLiteralLike): ts.StringLiteralLike {
  return name.text.startsWith('.') ? name : ts.factory.createStringLiteral(`./${name.text}`);
}
