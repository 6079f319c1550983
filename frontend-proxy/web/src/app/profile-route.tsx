import { getRouteApi } from "@tanstack/react-router";
import { MailPreferences } from "@/features/mail/mail-preferences";
import { ProfilePage } from "@/features/profile/profile-page";
import { useMe } from "@/shared/account/use-me";

const route = getRouteApi("/signed-in/profile");

export function ProfileRoute() {
  const { tab } = route.useSearch();
  return <ProfilePage me={useMe()} tab={tab ?? "me"} mail={<MailPreferences />} />;
}
