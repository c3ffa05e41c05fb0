import { Link, Outlet } from '@tanstack/react-router';
import { Suspense } from 'react';
import { Loading } from '../parts/empty.tsx';
import { HubAway } from './hub-away.tsx';
import { ProjectChoice } from './project-choice.tsx';
import { UserMenu } from './user-menu.tsx';

const PAGES = [
  { to: '/fleet', label: 'Fleet' },
  { to: '/profiles', label: 'Profiles' },
  { to: '/rollouts', label: 'Rollouts' },
  { to: '/clouds', label: 'Accounts and gateways' },
  { to: '/alerts', label: 'Alerts' },
  { to: '/platform', label: 'Platform' },
  { to: '/access', label: 'Access' },
] as const;

/** What stands around every page. */
export function Shell() {
  return (
    <>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="top">
        <Link to="/fleet" className="brand">
          Skerry
        </Link>
        <ProjectChoice />
        <UserMenu />
      </header>
      <nav aria-label="Pages" className="pages">
        <ul>
          {PAGES.map(({ to, label }) => (
            <li key={to}>
              <Link to={to} activeProps={{ 'aria-current': 'page' }}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main id="page" tabIndex={-1}>
        <HubAway />
        <Suspense fallback={<Loading what="the page" />}>
          <Outlet />
        </Suspense>
      </main>
    </>
  );
}
