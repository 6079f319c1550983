import { IconChevronLeft } from "@tabler/icons-react";
import { createLink } from "@tanstack/react-router";
import type { ComponentProps } from "react";
import classes from "./back-link.module.css";

/** Above the title of a page: back to the list that it belongs to. */
export const BackLink = createLink(({ children, ...props }: ComponentProps<"a">) => (
  <a {...props} className={classes.back}>
    <IconChevronLeft size={18} aria-hidden />
    {children}
  </a>
));
