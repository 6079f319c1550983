import { RegionsPage } from "@/features/regions/regions-page";
import { useMe } from "@/shared/account/use-me";

export function RegionsRoute() {
  return <RegionsPage me={useMe()} />;
}
