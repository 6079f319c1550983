import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/shared/api/client";

/** The app's cache. onSignedOut runs when the API no longer knows the session. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  const watch = (error: Error) => {
    if (error instanceof ApiError && error.code === "unauthenticated") {
      onSignedOut();
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
