import { getRouteApi } from '@tanstack/react-router';
import { useAccess } from '../hub/access.ts';
import { Page } from '../parts/page.tsx';
import { type TabItem, Tabs } from '../parts/tabs.tsx';
import { AuditTab } from './audit-tab.tsx';
import { CertificatesTab } from './certificates-tab.tsx';
import { ContentTab } from './content-tab.tsx';
import { RegistryTab } from './registry-tab.tsx';
import { ReleaseTab } from './release-tab.tsx';
import { UpgradesTab } from './upgrades-tab.tsx';

const route = getRouteApi('/platform');

/** The platform itself. */
export function PlatformPage() {
  const { tab = 'release' } = route.useSearch();
  const navigate = route.useNavigate();
  const { may } = useAccess(undefined);
  const maySee = may('get', 'platform');
  const items: TabItem[] = [
    { id: 'release', label: 'Release', content: () => <ReleaseTab maySee={maySee} /> },
    { id: 'content', label: 'Content', content: () => <ContentTab maySee={maySee} /> },
    { id: 'registry', label: 'Registry', content: () => <RegistryTab maySee={maySee} /> },
    { id: 'upgrades', label: 'Upgrades', content: () => <UpgradesTab maySee={maySee} /> },
    {
      id: 'certificates',
      label: 'Certificates',
      content: () => (
        <CertificatesTab maySee={may('get', 'authority')} mayChange={may('update', 'authority')} />
      ),
    },
    { id: 'audit', label: 'Audit', content: () => <AuditTab maySee={may('get', 'audit')} /> },
  ];
  return (
    <Page title="Platform">
      <Tabs
        label="Parts of the platform"
        items={items}
        selected={tab}
        onSelect={(id) => void navigate({ search: (before) => ({ ...before, tab: id }), replace: true })}
      />
    </Page>
  );
}
