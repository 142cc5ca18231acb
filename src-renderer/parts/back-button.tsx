// Back to where the reader came from; where there is no such place, to one that makes sense.
import { Button } from '@mantine/core';
import { useCanGoBack, useRouter } from '@tanstack/react-router';
import type { ReactNode } from 'react';

export function BackButton({ otherwise, icon }: { otherwise: '/traffic' | '/health'; icon: ReactNode }) {
  const router = useRouter();
  const canGoBack = useCanGoBack();
  return (
    <Button
      variant="default"
      leftSection={icon}
      onClick={() => (canGoBack ? router.history.back() : void router.navigate({ to: otherwise }))}
    >
      Back
    </Button>
  );
}
