import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Stop } from "@/shared/api/types";
import { segmentOf, VisitProof } from "@/shared/runs/visit-proof";
import { StopMark } from "@/shared/ui/stop-mark";
import { RemarkActions } from "./remark-actions";
import classes from "./stop-proof.module.css";

/** One stop of a run with what was done there. */
export function StopProof({ stop }: { stop: Stop }) {
  const { t } = useTranslation();
  const address = streetLine(stop.building.address, t);
  const state = segmentOf(stop.visit);
  return (
    <li className={classes.stop}>
      <StopMark state={state} position={stop.position} />
      <div className={classes.content}>
        <span className={classes.address}>{address}</span>
        {state === "open" && <span className={classes.quiet}>{t("panel.no_visit")}</span>}
        {stop.visit !== null && (
          <VisitProof
            visit={stop.visit}
            building={address}
            remarkActions={(remark) => <RemarkActions remark={remark} />}
          />
        )}
      </div>
    </li>
  );
}
