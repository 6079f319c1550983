import { type ComponentProps, lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { loadTexts } from "../i18n/i18n";
import type { MapView as View } from "./map-view";
import classes from "./map-view.module.css";

const MapView = lazy(async () => {
  const [module] = await Promise.all([import("./map-view"), loadTexts(["map"])]);
  return { default: module.MapView };
});

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
