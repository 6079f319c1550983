import { Menu } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { entries, OpenIncidents } from "./office-entries";
import { MoreTarget } from "./office-more-target";
import classes from "./shell.module.css";

/** The entries that a phone has no room for. */
export function More() {
  const { t } = useTranslation();
  return (
    <Menu position="top-end" width={240} shadow="none" withinPortal>
      <Menu.Target>
        <MoreTarget />
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map(
          ({ to, label, Icon, ...entry }) =>
            "wide" in entry && (
              <Menu.Item
                key={to}
                className={classes.item}
                leftSection={<Icon size={20} stroke={1.75} aria-hidden />}
                {...(to === "/manage/incidents" ? { rightSection: <OpenIncidents /> } : {})}
                renderRoot={(props) => <Link to={to} {...props} />}
              >
                {t(label)}
              </Menu.Item>
            ),
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
