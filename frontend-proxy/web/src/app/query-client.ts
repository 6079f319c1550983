import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/shared/api/client";

type QueryClientEvents = {
  /** The API no longer knows the session. */
  onSignedOut: () => void;
  /** The API refuses everything until codes for signing in are set up. */
  onSecondFactorRequired: () => void;
};

/** The app's cache. */
export function makeQueryClient(events: QueryClientEvents): QueryClient {
  const watch = (error: Error) => {
    if (error instanceof ApiError && error.code === "unauthenticated") {
      events.onSignedOut();
    }
    if (error instanceof ApiError && error.reason === "second_factor_required") {
      events.onSecondFactorRequired();
    }
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({ onError: watch }),
    defaultOptions: {
      queries: {
        // Without network a query fails at once and says so, instead of waiting in silence.
        networkMode: "always",
        staleTime: 30_000,
        // Another window, or a colleague, may have changed what is shown.
        refetchOnWindowFocus: "always",
        retry: (failures, error) =>
          error instanceof ApiError && error.temporary && error.code !== "network" && failures < 2,
      },
      mutations: { networkMode: "always" },
    },
  });
}
