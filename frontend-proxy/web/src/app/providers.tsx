import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { DeviceStoreContext } from "@/features/work/kept/device-store";
import type { LiveConnection } from "@/shared/realtime/live-connection";
import { LiveContext } from "@/shared/realtime/live-context";
import type { LazyOfflineCache } from "./lazy-offline-cache";
import { OfflineCacheContext } from "./offline-cache-context";
import { theme } from "./theme";

type ProvidersProps = {
  queryClient: QueryClient;
  live: LiveConnection;
  offlineCache?: LazyOfflineCache;
  /** Without transitions, for tests. */
  env?: "default" | "test";
  children: ReactNode;
};

export function Providers({
  queryClient,
  live,
  offlineCache,
  env = "default",
  children,
}: ProvidersProps) {
  return (
    <MantineProvider
      env={env}
      theme={theme}
      defaultColorScheme="auto"
      // The variables come from adoptThemeSheet; nothing writes style elements.
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <LiveContext value={live}>
          <OfflineCacheContext value={offlineCache}>
            <DeviceStoreContext value={offlineCache}>{children}</DeviceStoreContext>
          </OfflineCacheContext>
        </LiveContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}
