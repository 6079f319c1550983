import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { TemplatesPage } from "@/features/mail/templates-page";
import { useMe } from "@/shared/account/use-me";

const route = getRouteApi("/signed-in/office/manage/mail/templates");

export function MailTemplatesRoute() {
  const { template } = route.useSearch();
  const navigate = useNavigate();
  return (
    <TemplatesPage
      me={useMe()}
      open={template}
      onOpen={(open) => void navigate({ to: "/manage/mail/templates", search: { template: open } })}
    />
  );
}
