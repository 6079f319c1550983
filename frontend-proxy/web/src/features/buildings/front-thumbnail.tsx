import { IconBuilding } from "@tabler/icons-react";
import { useState } from "react";
import { apiURL } from "@/shared/api/client";
import type { Building } from "@/shared/api/types";
import classes from "./front-thumbnail.module.css";

/** The front of a building beside its address, small; a drawing in the same place when there is no photo. */
export function FrontThumbnail({ photo }: Pick<Building, "photo">) {
  const [failed, setFailed] = useState<string>();
  const source = photo?.urls["320"];
  return (
    <span className={classes.frame}>
      {source === undefined || failed === source ? (
        <IconBuilding size={24} stroke={1.5} aria-hidden />
      ) : (
        <img
          src={apiURL(source)}
          alt=""
          width={48}
          height={48}
          loading="lazy"
          decoding="async"
          onError={() => setFailed(source)}
        />
      )}
    </span>
  );
}
