import { useState } from 'react';
import { TextBox } from './text-box.tsx';

/** Text to be taken elsewhere, and a button that takes it. */
export function CopyText({ text, label }: { readonly text: string; readonly label: string }) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied.');
    } catch {
      setSaid('The browser does not allow it: select the text and copy it yourself.');
    }
  };
  return (
    <div className="copy">
      <TextBox label={label}>{text}</TextBox>
      <button type="button" onClick={() => void copy()}>
        Copy {label}
      </button>
      <span role="status">{said}</span>
    </div>
  );
}
