import { useMe } from "@/features/auth/use-me";
import { RegionsPage } from "@/features/regions/regions-page";

export function RegionsRoute() {
  return <RegionsPage me={useMe()} />;
}
