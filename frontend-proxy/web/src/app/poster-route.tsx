import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { apiURL } from "@/shared/api/client";
import { currentLanguage } from "@/shared/i18n/i18n";
import { LoadingRows } from "@/shared/ui/view-states";

const route = getRouteApi("/signed-in/poster/$buildingId");

/** Goes on to the poster of a building, which the server writes; it says too when there is none. */
export function PosterRoute() {
  const { buildingId } = route.useParams();
  useEffect(() => {
    const path = `/buildings/${encodeURIComponent(buildingId)}/poster`;
    window.location.replace(apiURL(`${path}?lang=${currentLanguage()}`));
  }, [buildingId]);
  return <LoadingRows count={6} height={64} />;
}
