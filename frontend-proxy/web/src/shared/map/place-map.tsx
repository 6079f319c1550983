import { type ComponentProps, lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { MapView as View } from "./map-view";
import classes from "./map-view.module.css";

const MapView = lazy(async () => ({ default: (await import("./map-view")).MapView }));

/** A map that comes after its page, in the room that is kept for it. */
export function PlaceMap(props: ComponentProps<typeof View>) {
  const { t } = useTranslation();
  const height = props.height ?? 280;
  return (
    <Suspense
      fallback={
        <div
          className={classes.coming}
          style={{ height }}
          role="status"
          aria-label={t("app.loading")}
        />
      }
    >
      <MapView {...props} />
    </Suspense>
  );
}
