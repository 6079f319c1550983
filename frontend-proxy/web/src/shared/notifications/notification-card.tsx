import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/shared/account/use-me";
import { FormError } from "@/shared/ui/form-error";
import classes from "./notifications.module.css";
import { thisDeviceQuery, useTurnOn } from "./queries";
import { turnOnProblem } from "./turn-on-problem";

const storageKey = "trottoir.notifications-later";

/** Offers once to be told on this device. */
export function NotificationCard() {
  const device = useQuery(thisDeviceQuery);
  const [left, setLeft] = useState(() => localStorage.getItem(storageKey) !== null);
  if (left || device.data?.state !== "ask") {
    return null;
  }
  const leave = () => {
    localStorage.setItem(storageKey, "1");
    setLeft(true);
  };
  return <Offer onLeave={leave} />;
}

function Offer({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const on = useTurnOn(me.id);
  return (
    <section aria-label={t("notifications.card_title")} className={classes.card}>
      <h2 className={classes.cardTitle}>{t("notifications.card_title")}</h2>
      <p className={classes.text}>{t("notifications.card_text")}</p>
      {on.isError && <FormError>{turnOnProblem(t, on.error)}</FormError>}
      <Group gap="xs">
        <Button loading={on.isPending} onClick={() => on.mutate(undefined, { onSuccess: onLeave })}>
          {t("notifications.turn_on")}
        </Button>
        <Button variant="subtle" onClick={onLeave}>
          {t("notifications.later")}
        </Button>
      </Group>
    </section>
  );
}
