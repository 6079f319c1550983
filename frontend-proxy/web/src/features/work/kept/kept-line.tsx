import { Button } from "@mantine/core";
import { IconCircleCheck, IconCloudDownload } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, use, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/shared/account/me-query";
import type { Run, RunDetail } from "@/shared/api/types";
import { wasteKindsQuery } from "@/shared/waste/waste-kinds-query";
import { isNear } from "../use-known-runs";
import { DeviceStoreContext } from "./device-store";
import { keepManuals } from "./keep-manuals";
import classes from "./kept-line.module.css";

/** The app itself is on the device: a service worker answers for it. */
function useAppKept(): boolean {
  return useSyncExternalStore(watchController, hasController);
}

function watchController(listener: () => void): () => void {
  navigator.serviceWorker?.addEventListener("controllerchange", listener);
  return () => navigator.serviceWorker?.removeEventListener("controllerchange", listener);
}

function hasController(): boolean {
  return (navigator.serviceWorker?.controller ?? null) !== null;
}

/** The phone's data saver; only some browsers tell. */
function savesData(): boolean {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
  return connection?.saveData === true;
}

const lookAgain = 5 * 60_000;

type KeptLineProps = { runs: readonly Run[]; known: ReadonlyMap<number, RunDetail> };

/** Fetches what a round needs while there is a network, and says in one line whether it is all here. */
export function KeptLine({ runs, known }: KeptLineProps) {
  const { t } = useTranslation();
  const store = use(DeviceStoreContext);
  const appKept = useAppKept();
  const me = useQueryClient().getQueryData(meQuery.queryKey);
  const [insists, setInsists] = useState(false);
  // Their words and colours, for what goes out.
  const kinds = useQuery({ ...wasteKindsQuery, gcTime: Number.POSITIVE_INFINITY });
  const near = runs.filter(isNear);
  const details = near.flatMap(({ id }) => known.get(id) ?? []);
  const complete = details.length === near.length && kinds.data !== undefined;
  const saveData = savesData() && !insists;
  const versions = details.map(({ id, stops }) => [id, stops.map(({ manual }) => manual?.id ?? 0)]);
  const manuals = useQuery({
    queryKey: ["kept-manuals", me?.id, saveData, versions],
    // Without the signal of the query: it goes on when the worker goes on to a run.
    queryFn: () =>
      // biome-ignore lint/style/noNonNullAssertion: enabled says that there is one
      keepManuals(details, { store: store!, accountId: me?.id ?? 0, saveData }),
    enabled: store !== undefined && me !== undefined && near.length > 0 && complete,
    staleTime: lookAgain,
    refetchOnReconnect: "always",
  });
  if (near.length === 0 || !appKept || store === undefined || manuals.isError) {
    return null;
  }
  if (!complete) {
    return <Line>{t("kept.stops_missing")}</Line>;
  }
  if (manuals.data === undefined) {
    return <Line>{t("kept.fetching")}</Line>;
  }
  const { wanted, kept, lack } = manuals.data;
  if (lack === undefined) {
    return (
      <Line ready>{wanted === 0 ? t("kept.ready") : t("kept.ready_manuals", { count: kept })}</Line>
    );
  }
  return (
    <Line>
      {t("kept.manuals_missing", { count: wanted - kept })} {t(`kept.lack_${lack}`)}
      {lack === "save_data" && (
        <Button className={classes.fetch ?? ""} onClick={() => setInsists(true)}>
          {t("kept.fetch_now")}
        </Button>
      )}
    </Line>
  );
}

function Line({ ready = false, children }: { ready?: boolean; children: ReactNode }) {
  const Icon = ready ? IconCircleCheck : IconCloudDownload;
  return (
    <p className={classes.line} role="status">
      <Icon size={18} aria-hidden />
      <span>{children}</span>
    </p>
  );
}
