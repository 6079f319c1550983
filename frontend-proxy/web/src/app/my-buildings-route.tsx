import { MyBuildingsPage } from "@/features/buildings/my-buildings-page";
import { RoleGate } from "./role-gate";

export function MyBuildingsRoute() {
  return (
    <RoleGate roles={["syndic"]}>
      <MyBuildingsPage />
    </RoleGate>
  );
}
