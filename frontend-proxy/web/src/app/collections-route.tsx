import { getRouteApi } from "@tanstack/react-router";
import { CollectionsPage } from "@/features/collections/collections-page";

const route = getRouteApi("/signed-in/office/manage/collections");

export function CollectionsRoute() {
  const navigate = route.useNavigate();
  return (
    <CollectionsPage
      search={route.useSearch()}
      onSearch={(search) =>
        void navigate({ to: "/manage/collections", search, replace: true, resetScroll: false })
      }
    />
  );
}
