import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { RulesPage } from "@/features/collection-rules/rules-page";

const route = getRouteApi("/signed-in/office/manage/collection-rules");

export function CollectionRulesRoute() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  return (
    <RulesPage
      filter={filter}
      onFilter={(search) =>
        void navigate({ to: "/manage/collection-rules", search, replace: true, resetScroll: false })
      }
    />
  );
}
