import { getRouteApi } from "@tanstack/react-router";
import { TourPage } from "@/features/tours/tour-page";

const route = getRouteApi("/signed-in/office/manage/tours/$tourId");

export function TourRoute() {
  const { tourId } = route.useParams();
  return <TourPage key={tourId} id={tourId} />;
}
