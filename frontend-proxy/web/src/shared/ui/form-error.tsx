import { IconAlertCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./view-states.module.css";

/** What went wrong with a form as a whole, and what to do; read out at once. */
export function FormError({ children }: { children: ReactNode }) {
  return (
    <div className={classes.formError} role="alert">
      <IconAlertCircle size={20} aria-hidden />
      <span>{children}</span>
    </div>
  );
}
