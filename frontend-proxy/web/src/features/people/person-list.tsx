import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { User } from "@/shared/api/types";
import { phoneText } from "@/shared/phone";
import classes from "./people-page.module.css";
import type { PeopleFilter } from "./queries";

type PersonListProps = {
  users: User[];
  /** What the list shows; the page of a person leads back to it. */
  filter: PeopleFilter;
  regionNames: (ids: readonly number[]) => string;
};

/** One row a person; on a phone the facts come below each other. */
export function PersonList({ users, filter, regionNames }: PersonListProps) {
  const { t } = useTranslation();
  return (
    <ul className={classes.list} aria-label={t("people.accounts")}>
      {users.map((user) => (
        <li key={user.id} className={classes.person}>
          <span className={classes.name}>
            <Link
              to="/people/$personId"
              params={{ personId: user.id }}
              search={filter}
              className={classes.open}
            >
              {fullName(user)}
            </Link>
            {!user.active && <span className={classes.mark}>{t("people.inactive")}</span>}
          </span>
          <span>{t(`role.${user.role}`)}</span>
          <span className={`${classes.quiet} ${classes.regions}`}>
            {regionNames(user.region_ids)}
          </span>
          <span className={classes.contact}>
            <a href={`mailto:${user.email}`}>{user.email}</a>
            {user.phone !== "" && <a href={`tel:${user.phone}`}>{phoneText(user.phone)}</a>}
          </span>
        </li>
      ))}
    </ul>
  );
}
