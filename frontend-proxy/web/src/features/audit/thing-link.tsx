import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isDay } from "@/shared/dates";
import { factsOf } from "./facts";
import type { AuditChange } from "./queries";

type ThingLinkProps = { change: AuditChange; className?: string; children: ReactNode };

/** Leads to the page of what was changed, where there is one; else it is the text alone. */
export function ThingLink({ change, className, children }: ThingLinkProps) {
  const { thing } = change;
  const facts = { ...factsOf(change.before), ...factsOf(change.after) };
  const id = Number(thing.kind === "visit" ? thing.id.split("/")[0] : thing.id);
  const there = thing.name !== "";
  switch (thing.kind) {
    case "account":
      if (there) {
        return (
          <PersonLink id={id} className={className}>
            {children}
          </PersonLink>
        );
      }
      break;
    case "session":
    case "token":
      if (typeof facts.user_id === "number" && change.names[`account:${facts.user_id}`]) {
        return (
          <PersonLink id={facts.user_id} className={className}>
            {children}
          </PersonLink>
        );
      }
      break;
    case "invitation":
      return (
        <Link to="/people" className={className}>
          {children}
        </Link>
      );
    case "region":
      if (there) {
        return (
          <Link to="/manage/regions" className={className}>
            {children}
          </Link>
        );
      }
      break;
    case "building":
      if (there) {
        return (
          <Link to="/manage/buildings" search={{ building: id }} className={className}>
            {children}
          </Link>
        );
      }
      break;
    case "tour":
      if (there) {
        return (
          <Link to="/manage/tours/$tourId" params={{ tourId: id }} className={className}>
            {children}
          </Link>
        );
      }
      break;
    case "run":
    case "visit":
    case "picture":
    case "remark": {
      const run = thing.kind === "picture" || thing.kind === "remark" ? facts.run_id : id;
      if (typeof run === "number" && run > 0) {
        const date = typeof facts.date === "string" && isDay(facts.date) ? facts.date : undefined;
        return (
          <Link to="/today" search={{ date, run }} className={className}>
            {children}
          </Link>
        );
      }
      break;
    }
    case "mail":
      return (
        <Link to="/manage/mail" search={{ message: id }} className={className}>
          {children}
        </Link>
      );
  }
  return <span>{children}</span>;
}

type PersonLinkProps = { id: number; className?: string | undefined; children: ReactNode };

export function PersonLink({ id, className, children }: PersonLinkProps) {
  return (
    <Link to="/people/$personId" params={{ personId: id }} className={className}>
      {children}
    </Link>
  );
}
