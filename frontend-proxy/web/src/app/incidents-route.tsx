import { getRouteApi } from "@tanstack/react-router";
import { IncidentsPage } from "@/features/incidents/incidents-page";

const route = getRouteApi("/signed-in/office/manage/incidents");

export function IncidentsRoute() {
  const { incident, ...filter } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <IncidentsPage
      filter={filter}
      open={incident}
      // The search comes after the last key, when an incident may be open already.
      onFilter={(search) =>
        void navigate({
          to: "/manage/incidents",
          search: (present) => ({ ...search, incident: present.incident }),
          replace: true,
        })
      }
      onOpen={(open) =>
        void navigate({
          to: "/manage/incidents",
          search: (present) => ({ ...present, incident: open }),
          replace: open === undefined,
          resetScroll: false,
        })
      }
    />
  );
}
