// The places in the app. The address's fragment carries them, so that the same build works under app:// and under a service.
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { z } from 'zod';
import { recipientEntryStateSchema } from '../shared/recipients.ts';
import { causeSchema } from '../shared/cause.ts';
import { messageStateSchema } from '../shared/message.ts';
import { Shell } from './parts/shell.tsx';
import { BrokenScreen, NotFoundScreen } from './screens/lost.tsx';
import { sinceSchema } from './since.ts';

/** Filters of the traffic list. A wrong value in a link is dropped, never an error. */
export const trafficSearch = z.object({
  text: z.string().max(200).optional().catch(undefined),
  domain: z.string().max(253).optional().catch(undefined),
  state: messageStateSchema.optional().catch(undefined),
  cause: causeSchema.optional().catch(undefined),
  since: sinceSchema.optional().catch(undefined),
});

export const queueShelfSchema = z.enum(['waiting', 'held', 'quarantined', 'failed']);
export type QueueShelf = z.infer<typeof queueShelfSchema>;

export const queueSearch = z.object({
  show: queueShelfSchema.optional().catch(undefined),
  domain: z.string().max(253).optional().catch(undefined),
});

/** Which dialog is open: to add a domain, or about the domain of this name. */
export const domainsSearch = z.object({
  add: z.boolean().optional().catch(undefined),
  edit: z.string().max(253).optional().catch(undefined),
  hold: z.string().max(253).optional().catch(undefined),
  reroute: z.string().max(253).optional().catch(undefined),
  remove: z.string().max(253).optional().catch(undefined),
});
export type DomainsSearch = z.infer<typeof domainsSearch>;

export const recipientsSearch = z.object({
  domain: z.string().max(253).optional().catch(undefined),
  show: recipientEntryStateSchema.optional().catch(undefined),
  text: z.string().max(200).optional().catch(undefined),
});

const rootRoute = createRootRoute({ component: Shell });

const routes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/',
    component: lazyRouteComponent(() => import('./screens/home.tsx'), 'HomeScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/traffic',
    validateSearch: trafficSearch,
    component: lazyRouteComponent(() => import('./screens/traffic.tsx'), 'TrafficScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/message/$id',
    component: lazyRouteComponent(() => import('./screens/message.tsx'), 'MessageScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/queue',
    validateSearch: queueSearch,
    component: lazyRouteComponent(() => import('./screens/queue.tsx'), 'QueueScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/domains',
    validateSearch: domainsSearch,
    component: lazyRouteComponent(() => import('./screens/domains.tsx'), 'DomainsScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/domains/$domain',
    component: lazyRouteComponent(() => import('./screens/domain.tsx'), 'DomainScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/recipients',
    validateSearch: recipientsSearch,
    component: lazyRouteComponent(() => import('./screens/recipients.tsx'), 'RecipientsScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/health',
    component: lazyRouteComponent(() => import('./screens/health-list.tsx'), 'HealthListScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/health/$domain',
    component: lazyRouteComponent(() => import('./screens/health.tsx'), 'HealthScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/manual/checks/$check',
    component: lazyRouteComponent(() => import('./screens/manual.tsx'), 'ManualScreen'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/settings',
    component: lazyRouteComponent(() => import('./screens/settings.tsx'), 'SettingsScreen'),
  }),
] as const;

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  history: createHashHistory(),
  defaultNotFoundComponent: NotFoundScreen,
  defaultErrorComponent: BrokenScreen,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
