// The latest pre-flight of a domain, and asking for another.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEngine } from './engine.tsx';

export function usePreflight(name: string) {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  const last = useQuery(orpc.domains.lastPreflight.queryOptions({ input: { name } }));
  const ask = useMutation(
    orpc.domains.preflight.mutationOptions({
      // What was read along the way may be kept as the way back.
      onSuccess: () => queries.invalidateQueries({ queryKey: orpc.domains.key() }),
    }),
  );
  return {
    /** Null: none was made, or it is not known yet. */
    report: last.data ?? null,
    isAsking: ask.isPending,
    error: ask.error,
    ask: () => ask.mutate({ name }),
  };
}
