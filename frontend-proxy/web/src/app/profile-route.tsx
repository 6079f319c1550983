import { getRouteApi } from "@tanstack/react-router";
import { Availability } from "@/features/availability/availability";
import { MailPreferences } from "@/features/mail/mail-preferences";
import { Devices } from "@/features/notifications/devices";
import { ProfilePage } from "@/features/profile/profile-page";
import { office, workers } from "@/shared/account/roles";
import { useMe } from "@/shared/account/use-me";

const route = getRouteApi("/signed-in/profile");

export function ProfileRoute() {
  const { tab } = route.useSearch();
  const me = useMe();
  return (
    <ProfilePage
      me={me}
      tab={tab ?? "me"}
      mail={
        <>
          {workers.includes(me.role) && <Devices />}
          <MailPreferences />
        </>
      }
      availability={
        workers.includes(me.role) ? (
          <Availability workerId={me.id} byOffice={office.includes(me.role)} />
        ) : undefined
      }
    />
  );
}
