import { getRouteApi } from "@tanstack/react-router";
import { BuildingsPage } from "@/features/buildings/buildings-page";

const route = getRouteApi("/signed-in/office/manage/buildings");

export function BuildingsRoute() {
  const { building, ...filter } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <BuildingsPage
      filter={filter}
      open={building}
      // The search comes after the last key, when a form may be open already.
      onFilter={(search) =>
        void navigate({
          to: "/manage/buildings",
          search: (present) => ({ ...search, building: present.building }),
          replace: true,
        })
      }
      onOpen={(open) =>
        void navigate({
          to: "/manage/buildings",
          search: (present) => ({ ...present, building: open }),
          replace: open === undefined,
          resetScroll: false,
        })
      }
    />
  );
}
