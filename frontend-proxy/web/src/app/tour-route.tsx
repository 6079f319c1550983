import { getRouteApi } from "@tanstack/react-router";
import { TourPage } from "@/features/tours/tour-page";
import { useToday } from "@/shared/use-today";

const route = getRouteApi("/signed-in/office/manage/tours/$tourId");

export function TourRoute() {
  const { tourId } = route.useParams();
  const today = useToday();
  const { date = today } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <TourPage
      key={tourId}
      id={tourId}
      day={date}
      onDay={(day) =>
        void navigate({
          search: day === today ? {} : { date: day },
          replace: true,
          resetScroll: false,
        })
      }
    />
  );
}
