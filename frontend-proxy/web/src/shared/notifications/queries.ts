import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import { forgetThisDevice, readThisDevice, turnOn } from "./this-device";

/** The browsers in which the signed-in person is told, and the key for another one. */
export const devicesQuery = queryOptions({
  queryKey: [...queryKeys.notifications, "devices"],
  queryFn: ({ signal }) => unwrap(api().GET("/notifications/devices", { signal })),
});

/** What this browser can do, whatever the server knows of it. */
export const thisDeviceQuery = queryOptions({
  queryKey: [...queryKeys.notifications, "this-device"],
  queryFn: readThisDevice,
  networkMode: "always",
  // People change what a browser may do outside of the app.
  staleTime: 0,
});

function useChange<Input>(change: (input: Input) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.notifications }),
  });
}

/** Turns notifications on in this browser, for an account. */
export function useTurnOn(account: number) {
  const queryClient = useQueryClient();
  return useChange(async () => {
    const { public_key } = await queryClient.fetchQuery({ ...devicesQuery, staleTime: 60_000 });
    await turnOn(account, public_key);
  });
}

/** Has a device told nothing any more; this one forgets its address, too. */
export function useRemoveDevice() {
  return useChange(async ({ id, here }: { id: number; here: boolean }) => {
    try {
      await unwrap(api().DELETE("/notifications/devices/{id}", { params: { path: { id } } }));
    } catch (error) {
      // It is gone already, as one wanted.
      if (!(error instanceof ApiError && error.code === "not_found")) {
        throw error;
      }
    }
    if (here) {
      await forgetThisDevice();
    }
  });
}

export function useTestDevice() {
  return useChange((id: number) =>
    unwrap(api().POST("/notifications/devices/{id}/test", { params: { path: { id } } })),
  );
}
