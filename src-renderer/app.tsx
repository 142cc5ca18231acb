// The whole interface: look, queries, dialogs, and the choice between the screens and what is shown when there is no way in.
import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import type { Connection } from './connection.ts';
import { EngineProvider, useConnectionView } from './engine.tsx';
import { router } from './router.tsx';
import { GateScreen } from './screens/gate.tsx';
import { theme, variables } from './theme.ts';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The engine's answers are the truth of the moment, and a lost wire has its own way back (everything is asked anew).
      retry: false,
      staleTime: 5000,
      refetchOnWindowFocus: false,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

export function App({ connection }: { connection: Connection }) {
  const { obstacle } = useConnectionView(connection);
  return (
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          {obstacle !== null ? (
            <GateScreen connection={connection} obstacle={obstacle} />
          ) : (
            <EngineProvider connection={connection}>
              <ModalsProvider>
                <RouterProvider router={router} />
              </ModalsProvider>
            </EngineProvider>
          )}
          <Notifications position="bottom-right" autoClose={6000} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
}
