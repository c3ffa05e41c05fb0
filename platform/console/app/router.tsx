import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { readTab } from './cluster/cluster-search.ts';
import { FleetPage } from './fleet/fleet-page.tsx';
import { readFleetSearch } from './fleet/fleet-search.ts';
import { ProblemNote } from './parts/problem-note.tsx';
import { NotFound } from './shell/not-found.tsx';
import { readEdit, readNew, readStart } from './shell/page-search.ts';
import { readProject } from './shell/project-search.ts';
import { Shell } from './shell/shell.tsx';
import { SignedIn } from './shell/signed-in-page.tsx';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: readProject,
  // A page keeps the project that was chosen on another.
  search: { middlewares: [retainSearchParams(['project'])] },
});
const within = { getParentRoute: () => root };

const start = createRoute({
  ...within,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/fleet', search: true });
  },
});
const fleet = createRoute({
  ...within,
  path: '/fleet',
  validateSearch: readFleetSearch,
  component: FleetPage,
});
// All others are loaded when somebody goes there.
const cluster = createRoute({
  ...within,
  path: '/clusters/$project/$name',
  validateSearch: readTab,
  component: lazyRouteComponent(async () => await import('./cluster/cluster-page.tsx'), 'ClusterPage'),
});
const newCluster = createRoute({
  ...within,
  path: '/new-cluster',
  validateSearch: readNew,
  component: lazyRouteComponent(
    async () => await import('./new-cluster/new-cluster-page.tsx'),
    'NewClusterPage',
  ),
});
const profiles = createRoute({
  ...within,
  path: '/profiles',
  component: lazyRouteComponent(async () => await import('./profiles/profiles-page.tsx'), 'ProfilesPage'),
});
const profile = createRoute({
  ...within,
  path: '/profiles/$project/$name',
  component: lazyRouteComponent(async () => await import('./profiles/profile-page.tsx'), 'ProfilePage'),
});
const profileEditor = createRoute({
  ...within,
  path: '/profiles/edit',
  validateSearch: readEdit,
  component: lazyRouteComponent(
    async () => await import('./profiles/profile-editor-page.tsx'),
    'ProfileEditorPage',
  ),
});
const rollouts = createRoute({
  ...within,
  path: '/rollouts',
  component: lazyRouteComponent(async () => await import('./rollouts/rollouts-page.tsx'), 'RolloutsPage'),
});
const rollout = createRoute({
  ...within,
  path: '/rollouts/$project/$name',
  component: lazyRouteComponent(async () => await import('./rollouts/rollout-page.tsx'), 'RolloutPage'),
});
const startRollout = createRoute({
  ...within,
  path: '/rollouts/start',
  validateSearch: readStart,
  component: lazyRouteComponent(
    async () => await import('./rollouts/start-rollout-page.tsx'),
    'StartRolloutPage',
  ),
});
const clouds = createRoute({
  ...within,
  path: '/clouds',
  component: lazyRouteComponent(async () => await import('./clouds/clouds-page.tsx'), 'CloudsPage'),
});
const alerts = createRoute({
  ...within,
  path: '/alerts',
  component: lazyRouteComponent(async () => await import('./alerts/alerts-page.tsx'), 'AlertsPage'),
});
const platform = createRoute({
  ...within,
  path: '/platform',
  validateSearch: readTab,
  component: lazyRouteComponent(async () => await import('./platform/platform-page.tsx'), 'PlatformPage'),
});
const access = createRoute({
  ...within,
  path: '/access',
  component: lazyRouteComponent(async () => await import('./access/access-page.tsx'), 'AccessPage'),
});
const signedIn = createRoute({ ...within, path: '/signed-in', component: SignedIn });

export const router = createRouter({
  routeTree: root.addChildren([
    start,
    fleet,
    cluster,
    newCluster,
    profiles,
    profile,
    profileEditor,
    rollouts,
    rollout,
    startRollout,
    clouds,
    alerts,
    platform,
    access,
    signedIn,
  ]),
  basepath: '/ui',
  defaultPreload: false,
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) => <ProblemNote error={error} retry={reset} />,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
