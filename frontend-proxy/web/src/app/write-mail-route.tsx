import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { WritePage } from "@/features/mail/write-page";
import { useMe } from "@/shared/account/use-me";

const route = getRouteApi("/signed-in/office/manage/mail/write");

export function WriteMailRoute() {
  const navigate = useNavigate();
  return (
    <WritePage
      me={useMe()}
      added={route.useSearch()}
      onAdded={() => void navigate({ to: "/manage/mail/write", search: {}, replace: true })}
    />
  );
}
