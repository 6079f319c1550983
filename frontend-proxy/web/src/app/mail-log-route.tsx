import { getRouteApi } from "@tanstack/react-router";
import { MailLogPage } from "@/features/mail/mail-log-page";

const route = getRouteApi("/signed-in/office/manage/mail");

export function MailLogRoute() {
  const { message, ...filter } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <MailLogPage
      filter={filter}
      open={message}
      // The search comes after the last key, when a message may be open already.
      onFilter={(search) =>
        void navigate({
          to: "/manage/mail",
          search: (present) => ({ ...search, message: present.message }),
          replace: true,
        })
      }
      onOpen={(open) =>
        void navigate({
          to: "/manage/mail",
          search: (present) => ({ ...present, message: open }),
          replace: open === undefined,
          resetScroll: false,
        })
      }
    />
  );
}
