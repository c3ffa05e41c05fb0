import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView, hoverTooltip, keymap, lineNumbers, type Tooltip } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useId, useRef } from 'react';
import type { TextProblem } from './hub-problems.ts';
import { choicesAt, keysAt, type SchemaNode, wordsAt } from './schema-at.ts';
import { typedOver } from './typed-over.ts';
import { pathAt, typingPlace, yamlProblems } from './yaml-place.ts';

interface YamlEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** Of the values; keys and their meanings come from it. */
  readonly schema: SchemaNode;
  /** What holds where the text says nothing. */
  readonly defaults: unknown;
  /** What the hub said; what is no YAML is found here. */
  readonly problems: readonly TextProblem[];
}

/** YAML to be typed, with what its schema knows: keys, values, meanings, and what is wrong. Tab leaves it. */
export function YamlEditor({ label, value, onValue, schema, defaults, problems }: YamlEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const known = useRef({ schema, defaults, onValue });
  known.current = { schema, defaults, onValue };
  const labelling = useRef(new Compartment());
  const id = useId();
  const first = useRef({ value, label });
  useEffect(() => {
    if (place.current === null) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: first.current.value,
        extensions: [
          EditorView.cspNonce.of(nonceOfPage()),
          lineNumbers(),
          history(),
          typedOver,
          keymap.of([...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
          yaml(),
          syntaxHighlighting(HIGHLIGHTS),
          autocompletion({ override: [(context) => complete(context, known.current)], icons: false }),
          hoverTooltip((editor, offset) => hover(editor, offset, known.current)),
          lintGutter(),
          EditorView.lineWrapping,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) known.current.onValue(update.state.doc.toString());
          }),
          labelling.current.of(
            EditorView.contentAttributes.of({ 'aria-label': first.current.label, 'aria-describedby': id }),
          ),
          THEME,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [id]);
  // From outside: another pack was chosen, or a change was taken back.
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const attributes = EditorView.contentAttributes.of({ 'aria-label': label, 'aria-describedby': id });
    view.current?.dispatch({ effects: labelling.current.reconfigure(attributes) });
  }, [label, id]);
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    const length = editor.state.doc.length;
    const all = [...yamlProblems(value), ...problems].filter(({ from }) => from <= length);
    editor.dispatch(
      setDiagnostics(
        editor.state,
        all.map(({ from, to, message }) => ({ from, to: Math.min(to, length), message, severity: 'error' })),
      ),
    );
  }, [value, problems]);
  return (
    <>
      <div ref={place} className="editor" />
      <p className="hint" id={id}>
        YAML over the pack’s own values. Ctrl-Space offers keys, F8 goes to the next problem, Tab leaves the
        editor.
      </p>
    </>
  );
}

interface Known {
  readonly schema: SchemaNode;
  readonly defaults: unknown;
}

function complete(context: CompletionContext, { schema, defaults }: Known): CompletionResult | null {
  const place = typingPlace(context.state.doc.toString(), context.pos);
  if (place === undefined || (place.from === context.pos && !context.explicit)) return null;
  if (place.kind === 'value') {
    const options = choicesAt(schema, place.path).map((label) => ({ label }));
    return options.length === 0 ? null : { from: place.from, options };
  }
  const options = keysAt(schema, defaults, place.path).map(({ name, type, description, isDeep }) => ({
    label: name,
    detail: type,
    ...(description === undefined ? {} : { info: description }),
    apply: isDeep ? `${name}:` : `${name}: `,
  }));
  return options.length === 0 ? null : { from: place.from, options };
}

function hover({ state }: EditorView, offset: number, { schema, defaults }: Known): Tooltip | null {
  const found = pathAt(state.doc.toString(), offset);
  const words = found === undefined ? undefined : wordsAt(schema, defaults, found.path);
  if (found === undefined || words === undefined) return null;
  return {
    pos: found.span.from,
    end: found.span.to,
    above: true,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'editor-words';
      dom.textContent = words;
      return { dom };
    },
  };
}

function nonceOfPage(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? '';
}

const HIGHLIGHTS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--link)' },
  { tag: [tags.string, tags.content], color: 'var(--text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--unknown)' },
  { tag: tags.comment, color: 'var(--faint)' },
  { tag: [tags.meta, tags.labelName], color: 'var(--warn)' },
]);

const THEME = EditorView.theme({
  '&': {
    border: '1px solid var(--strong-line)',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--card)',
  },
  '&.cm-focused': { outline: '3px solid var(--link)', outlineOffset: '2px' },
  '.cm-content': { caretColor: 'var(--text)', minHeight: '8rem' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-scroller': {
    maxHeight: '28rem',
    fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace',
    fontSize: '0.8125rem',
  },
  '.cm-gutters': { backgroundColor: 'var(--ground)', color: 'var(--faint)', border: '0' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'light-dark(#bcd7ff, #2b4a75)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--card)',
    color: 'var(--text)',
    border: '1px solid var(--strong-line)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--on-accent)',
  },
  '.cm-completionDetail': { color: 'inherit', opacity: '1' },
});
