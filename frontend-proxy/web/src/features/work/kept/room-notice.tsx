import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Notice } from "@/shared/ui/view-states";
import { storageRoomQuery } from "./storage-room";

/** Says in time that the device has little room left for photos. */
export function RoomNotice() {
  const { t } = useTranslation();
  const { data } = useQuery(storageRoomQuery);
  if (data?.free === undefined || !data.low) {
    return null;
  }
  return (
    <Notice icon={<IconAlertTriangle size={20} aria-hidden />}>
      {t("device.room", { megabytes: Math.floor(data.free / (1024 * 1024)) })}
    </Notice>
  );
}
