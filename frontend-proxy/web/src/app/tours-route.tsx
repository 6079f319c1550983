import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ToursPage } from "@/features/tours/tours-page";

const route = getRouteApi("/signed-in/office/manage/tours");

export function ToursRoute() {
  const navigate = useNavigate();
  return (
    <ToursPage
      filter={route.useSearch()}
      onFilter={(search) => void navigate({ to: "/manage/tours", search, replace: true })}
      onMade={({ id }) => void navigate({ to: "/manage/tours/$tourId", params: { tourId: id } })}
    />
  );
}
