import { Button, Menu } from "@mantine/core";
import { IconDownload, IconKeyboard, IconLogout, IconRoute, IconUser } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useOutboxSnapshot } from "@/features/work/outbox/outbox-context";
import { office } from "@/shared/account/roles";
import { useMe } from "@/shared/account/use-me";
import { fullName } from "@/shared/address";
import { useDownload } from "@/shared/files";
import { errorText } from "@/shared/i18n/error-text";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { FormError } from "@/shared/ui/form-error";
import { LanguageSwitch } from "@/shared/ui/language-switch";
import classes from "./account-menu.module.css";
import { AccountTarget } from "./account-target";
import { useSignOut } from "./use-sign-out";

type AccountMenuProps = {
  /** Shows what the keys do; where there are keys. */
  onShortcuts?: () => void;
};

/** Who is signed in, the language, and the way out. */
export function AccountMenu({ onShortcuts }: AccountMenuProps) {
  const { t } = useTranslation();
  const ownData = useDownload("/me/export");
  const me = useMe();
  const pending = useOutboxSnapshot().entries.length;
  const [asking, setAsking] = useState(false);
  const leave = useSignOut();
  return (
    <>
      <Menu position="bottom-end" width={260} shadow="none" withinPortal>
        <Menu.Target>
          <AccountTarget />
        </Menu.Target>
        <Menu.Dropdown>
          <div className={classes.who}>
            <strong>{fullName(me)}</strong>
            <span>{t(`role.${me.role}`)}</span>
            <span>{me.email}</span>
          </div>
          <Menu.Divider />
          <Menu.Item
            className={classes.item}
            leftSection={<IconUser size={18} aria-hidden />}
            renderRoot={(props) => <Link to="/profile" {...props} />}
          >
            {t("nav.account")}
          </Menu.Item>
          {office.includes(me.role) && (
            <Menu.Item
              className={classes.item}
              leftSection={<IconRoute size={18} aria-hidden />}
              renderRoot={(props) => <Link to="/work" {...props} />}
            >
              {t("nav.my_runs")}
            </Menu.Item>
          )}
          <Menu.Divider />
          <div className={classes.language}>
            <span>{t("app.language")}</span>
            <LanguageSwitch />
          </div>
          <Menu.Divider />
          <Menu.Item
            className={classes.item}
            leftSection={<IconDownload size={18} aria-hidden />}
            component="a"
            {...ownData}
          >
            {t("nav.own_data")}
          </Menu.Item>
          {onShortcuts !== undefined && (
            <Menu.Item
              className={classes.item}
              leftSection={<IconKeyboard size={18} aria-hidden />}
              onClick={onShortcuts}
            >
              {t("shortcuts.title")}
            </Menu.Item>
          )}
          <Menu.Item
            className={classes.item}
            leftSection={<IconLogout size={18} aria-hidden />}
            onClick={() => {
              leave.reset();
              if (pending > 0) {
                setAsking(true);
              } else {
                leave.mutate();
              }
            }}
          >
            {t("app.sign_out")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {(asking || leave.isError) && (
        <Dialog
          onClose={() => {
            leave.reset();
            setAsking(false);
          }}
          title={pending > 0 ? t("app.sign_out_pending_title") : t("app.sign_out")}
        >
          <div className={dialog.content}>
            {leave.isError && <FormError>{errorText(t, leave.error)}</FormError>}
            {pending > 0 && (
              <p className={dialog.text}>{t("app.sign_out_pending_text", { count: pending })}</p>
            )}
            <div className={dialog.actions}>
              <Button onClick={() => setAsking(false)}>{t("app.stay")}</Button>
              <Button variant="ink" loading={leave.isPending} onClick={() => leave.mutate()}>
                {pending > 0 ? t("app.sign_out_anyway") : t("app.sign_out")}
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
