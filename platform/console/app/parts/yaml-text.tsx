import { stringify } from 'yaml';
import { TextBox } from './text-box.tsx';

/** Something as YAML, to be read. */
export function YamlText({ value, label }: { readonly value: unknown; readonly label: string }) {
  return <TextBox label={label}>{stringify(value)}</TextBox>;
}
