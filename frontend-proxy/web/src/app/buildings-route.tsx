import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { BuildingsPage } from "@/features/buildings/buildings-page";

const route = getRouteApi("/signed-in/office/manage/buildings");

export function BuildingsRoute() {
  const { building, ...filter } = route.useSearch();
  const navigate = useNavigate();
  return (
    <BuildingsPage
      filter={filter}
      open={building}
      onFilter={(search) => void navigate({ to: "/manage/buildings", search, replace: true })}
      onOpen={(open) =>
        void navigate({
          to: "/manage/buildings",
          search: { ...filter, building: open },
          replace: open === undefined,
          resetScroll: false,
        })
      }
    />
  );
}
