import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { WasteKindsPage } from "@/features/waste-kinds/waste-kinds-page";
import { useMe } from "@/shared/account/use-me";

const route = getRouteApi("/signed-in/office/manage/waste-kinds");

export function WasteKindsRoute() {
  const { kind } = route.useSearch();
  const navigate = useNavigate();
  return (
    <WasteKindsPage
      me={useMe()}
      open={kind}
      onOpen={(open) => void navigate({ to: "/manage/waste-kinds", search: { kind: open } })}
    />
  );
}
