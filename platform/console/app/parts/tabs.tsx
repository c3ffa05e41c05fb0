import type { ReactNode } from 'react';
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from 'react-aria-components';

export interface TabItem {
  readonly id: string;
  readonly label: string;
  readonly content: () => ReactNode;
}

interface TabsProps {
  readonly label: string;
  readonly items: readonly TabItem[];
  readonly selected: string;
  readonly onSelect: (id: string) => void;
}

/** Parts of one page, of which one is shown; arrow keys go from one to the next. */
export function Tabs({ label, items, selected, onSelect }: TabsProps) {
  const known = items.some(({ id }) => id === selected) ? selected : (items[0]?.id ?? '');
  return (
    <AriaTabs className="tabs" selectedKey={known} onSelectionChange={(key) => onSelect(String(key))}>
      <TabList aria-label={label}>
        {items.map(({ id, label: text }) => (
          <Tab key={id} id={id}>
            {text}
          </Tab>
        ))}
      </TabList>
      {items.map(({ id, content }) => (
        <TabPanel key={id} id={id}>
          {id === known ? content() : null}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
