import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { AuditPage } from "@/features/audit/audit-page";

const route = getRouteApi("/signed-in/office/manage/audit");

export function AuditRoute() {
  const { entry, ...filter } = route.useSearch();
  const navigate = useNavigate();
  return (
    <AuditPage
      filter={filter}
      open={entry}
      onFilter={(search) =>
        void navigate({
          to: "/manage/audit",
          search: (present) => ({ ...search, entry: present.entry }),
          replace: true,
        })
      }
      onClose={() =>
        void navigate({ to: "/manage/audit", search: filter, replace: true, resetScroll: false })
      }
    />
  );
}
