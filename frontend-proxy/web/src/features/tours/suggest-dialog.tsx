import { Button, Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { TourDetail } from "@/shared/api/types";
import { currentLanguage } from "@/shared/i18n/i18n";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { orderQuery } from "./queries";
import type { StopBuilding } from "./stops-editor";
import classes from "./stops-editor.module.css";
import { StopsMap } from "./stops-map";

type SuggestDialogProps = {
  tour: TourDetail;
  /** As they are in the editor. */
  stops: StopBuilding[];
  onAccept: (ids: number[]) => void;
  onClose: () => void;
};

/** An order with less way, and what it saves, before anything is taken over. */
export function SuggestDialog({ tour, stops, onAccept, onClose }: SuggestDialogProps) {
  const { t } = useTranslation();
  const [keepFirst, setKeepFirst] = useState(true);
  const ids = useMemo(() => stops.map(({ id }) => id), [stops]);
  const order = useQuery(orderQuery(tour.id, ids, keepFirst));
  const km = (value: number) =>
    new Intl.NumberFormat(currentLanguage(), {
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    }).format(value);
  const suggested = useMemo(
    () =>
      (order.data?.building_ids ?? []).flatMap((id) => stops.find((stop) => stop.id === id) ?? []),
    [order.data, stops],
  );
  const same = suggested.every(({ id }, index) => id === ids[index]);
  const first = stops[0];
  return (
    <Dialog title={t("tours.suggest_title")} onClose={onClose} size="xl">
      <div className={dialog.content}>
        {first !== undefined && (
          <Checkbox
            label={t("tours.keep_first", { address: streetLine(first.address, t) })}
            checked={keepFirst}
            onChange={(event) => setKeepFirst(event.currentTarget.checked)}
          />
        )}
        {order.isPending && <LoadingRows count={4} height={44} />}
        {order.isError && order.data === undefined && (
          <ErrorState error={order.error} onRetry={() => order.refetch()} />
        )}
        {order.data !== undefined && (
          <>
            <p className={dialog.text} role="status">
              {same
                ? t("tours.order_good", { km: km(order.data.before_km) })
                : t("tours.order_saves", {
                    before: km(order.data.before_km),
                    after: km(order.data.after_km),
                    saved: km(order.data.before_km - order.data.after_km),
                  })}
              {order.data.without_coordinates.length > 0 &&
                ` ${t("tours.unplaced_last", { count: order.data.without_coordinates.length })}`}
            </p>
            {!same && (
              <div className={classes.suggestion}>
                <StopsMap stops={suggested} height={300} />
                <ol className={classes.theirs} aria-label={t("tours.suggested_stops")}>
                  {suggested.map((stop, index) => {
                    const was = ids.indexOf(stop.id) + 1;
                    return (
                      <li key={stop.id}>
                        {streetLine(stop.address, t)}
                        {was !== index + 1 && (
                          <span className={classes.quiet}>
                            {" "}
                            {t("tours.was_position", { position: was })}
                          </span>
                        )}
                      </li>
                    );
                  })}
                </ol>
              </div>
            )}
          </>
        )}
        <div className={dialog.actions}>
          <Button onClick={onClose}>{same ? t("app.close") : t("tours.keep_order")}</Button>
          {!same && order.data !== undefined && (
            <Button
              variant="signal"
              loading={order.isPlaceholderData}
              onClick={() => onAccept(order.data.building_ids)}
            >
              {t("tours.take_order")}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
