import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { search, searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { Finding } from '#api';
import { complete } from './completion.ts';

interface EditorProps {
  readonly label: string;
  /** What it begins with. */
  readonly text: string;
  readonly isReadOnly: boolean;
  /** Those of this text. */
  readonly findings: readonly Finding[];
  /** Where the cursor is to go; another object for another time. */
  readonly jump: { readonly line: number; readonly column: number } | undefined;
  readonly onChange: (text: string) => void;
}

const theme = EditorView.theme({
  '&': { fontSize: '13px', color: 'var(--text)', backgroundColor: 'var(--card)' },
  '&.cm-focused': { outline: '2px solid var(--link)' },
  '.cm-scroller': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    maxHeight: 'max(18rem, calc(100dvh - 16rem))',
    overflow: 'auto',
  },
  '.cm-content': { caretColor: 'var(--text)', minHeight: '12rem' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': {
    backgroundColor: 'var(--back)',
    color: 'var(--dim)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-content ::selection, .cm-selectionBackground': { backgroundColor: 'var(--line) !important' },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--card)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--mantine-primary-color-filled)',
    color: '#fff',
  },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad-fill)',
    backgroundColor: 'var(--gone)',
  },
  '.cm-panel input, .cm-panel button': {
    color: 'var(--text)',
    background: 'var(--back)',
    border: '1px solid var(--line)',
  },
  '.cm-tooltip.cm-completionInfo': { maxWidth: '24rem', whiteSpace: 'normal' },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--link)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--dim)', fontStyle: 'italic' },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: 'var(--warn)' },
]);

/** Findings of the server, where they are in the text. */
function diagnosticsOf(state: EditorState, findings: readonly Finding[]): readonly Diagnostic[] {
  return findings.flatMap(({ place, severity, message, fix }) => {
    if (!place) return [];
    const line = state.doc.line(Math.min(Math.max(place.line, 1), state.doc.lines));
    const from = Math.min(line.from + Math.max(place.column - 1, 0), line.to);
    const says = fix === '' ? message : `${message}. ${fix}`;
    return [{ from, to: line.to, severity, message: says }];
  });
}

/**
 * Text in an editor. It lives in a shadow tree: only there does CodeMirror set its style without style elements,
 * which the content security policy refuses.
 */
export default function Editor({ label, text, isReadOnly, findings, jump, onChange }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const begin = useRef({ text, onChange });
  begin.current.onChange = onChange;
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const state = EditorState.create({
      doc: begin.current.text,
      extensions: [
        ...[lineNumbers(), lintGutter(), history(), drawSelection(), yaml(), search({ top: true })],
        ...[syntaxHighlighting(colours), theme, EditorState.tabSize.of(2)],
        autocompletion({ override: [complete], icons: false }),
        keymap.of([...completionKeymap, ...lintKeymap, ...searchKeymap]),
        keymap.of([...historyKeymap, ...defaultKeymap, indentWithTab]),
        EditorState.readOnly.of(isReadOnly),
        EditorView.contentAttributes.of({ 'aria-label': label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) begin.current.onChange(update.state.doc.toString());
        }),
      ],
    });
    view.current = new EditorView({ state, parent: root, root });
    // What scrolls is reached by keys.
    view.current.scrollDOM.tabIndex = 0;
    return () => view.current?.destroy();
  }, [label, isReadOnly]);
  useEffect(() => {
    const { current } = view;
    if (current) {
      const found = diagnosticsOf(current.state, findings);
      current.dispatch(setDiagnostics(current.state, found));
    }
  }, [findings]);
  useEffect(() => {
    const { current } = view;
    if (!current || !jump) return;
    const { doc } = current.state;
    const line = doc.line(Math.min(Math.max(jump.line, 1), doc.lines));
    const anchor = Math.min(line.from + Math.max(jump.column - 1, 0), line.to);
    current.dispatch({ selection: { anchor }, scrollIntoView: true });
    current.focus();
  }, [jump]);
  return <div className="editor" ref={place} />;
}
