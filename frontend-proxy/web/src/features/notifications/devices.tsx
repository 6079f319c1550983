import { Button, Group } from "@mantine/core";
import { IconBell, IconBellOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { useMe } from "@/shared/account/use-me";
import type { NotificationDevice } from "@/shared/api/types";
import { nearMomentText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import classes from "@/shared/notifications/notifications.module.css";
import {
  devicesQuery,
  thisDeviceQuery,
  useRemoveDevice,
  useTestDevice,
  useTurnOn,
} from "@/shared/notifications/queries";
import type { DeviceState } from "@/shared/notifications/this-device";
import { turnOnProblem } from "@/shared/notifications/turn-on-problem";
import { problemText } from "@/shared/refusals";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";

/** On which devices one is told, this one first; what stands in the way is said in plain words. */
export function Devices() {
  const { t } = useTranslation();
  const devices = useQuery(devicesQuery);
  const here = useQuery(thisDeviceQuery);
  return (
    <section className={classes.section} aria-labelledby="notification-devices">
      <h2 id="notification-devices">{t("notifications.title")}</h2>
      <p className={classes.text}>{t("notifications.text")}</p>
      {(devices.isPending || here.isPending) && <LoadingRows count={2} height={72} />}
      {devices.isError && devices.data === undefined && (
        <ErrorState error={devices.error} onRetry={() => devices.refetch()} />
      )}
      {devices.data !== undefined && here.data !== undefined && (
        <DeviceList
          devices={devices.data.items}
          state={here.data.state}
          endpoint={here.data.endpoint}
        />
      )}
    </section>
  );
}

/** What a device calls itself. */
function deviceName(t: TFunction, { browser, system }: NotificationDevice): string {
  return [browser, system].filter((name) => name !== "").join(", ") || t("notifications.unknown");
}

type DeviceListProps = {
  devices: readonly NotificationDevice[];
  state: DeviceState;
  endpoint: string | undefined;
};

function DeviceList({ devices, state, endpoint }: DeviceListProps) {
  const { t } = useTranslation();
  const here =
    state === "subscribed"
      ? devices.find((device) => device.current && device.endpoint === endpoint)
      : undefined;
  const others = devices.filter((device) => device !== here);
  return (
    <>
      {here === undefined || here.outdated ? <Off state={state} /> : <On device={here} />}
      {others.length > 0 && (
        <ul className={classes.list} aria-label={t("notifications.others")}>
          {others.map((device) => (
            <OtherDevice key={device.id} device={device} />
          ))}
        </ul>
      )}
    </>
  );
}

/** This device is told nothing, and why. */
function Off({ state }: { state: DeviceState }) {
  const { t } = useTranslation();
  const me = useMe();
  const on = useTurnOn(me.id);
  if (state === "unsupported" || state === "install" || state === "denied") {
    return (
      <Notice icon={<IconBellOff size={20} aria-hidden />}>{t(`notifications.${state}`)}</Notice>
    );
  }
  return (
    <div className={classes.section}>
      <Notice icon={<IconBellOff size={20} aria-hidden />}>{t("notifications.off_here")}</Notice>
      <Group>
        <Button variant="filled" loading={on.isPending} onClick={() => on.mutate(undefined)}>
          {t("notifications.turn_on")}
        </Button>
      </Group>
      {on.isError && <FormError>{turnOnProblem(t, on.error)}</FormError>}
    </div>
  );
}

function On({ device }: { device: NotificationDevice }) {
  const { t } = useTranslation();
  const remove = useRemoveDevice();
  const test = useTestDevice();
  const problem = problemText(t, test.error ?? remove.error);
  return (
    <div className={classes.section}>
      <Notice icon={<IconBell size={20} aria-hidden />}>
        {t("notifications.on_here")} {lastText(t, device)}
      </Notice>
      <Group gap="xs">
        <Button loading={test.isPending} onClick={() => test.mutate(device.id)}>
          {t("notifications.test")}
        </Button>
        <Button
          variant="subtle"
          loading={remove.isPending}
          onClick={() => remove.mutate({ id: device.id, here: true })}
        >
          {t("notifications.turn_off")}
        </Button>
      </Group>
      {problem === undefined ? (
        <p className={classes.quiet} role="status">
          {test.isSuccess && t("notifications.test_sent")}
        </p>
      ) : (
        <FormError>{problem}</FormError>
      )}
    </div>
  );
}

function lastText(t: TFunction, { last_success_at: last }: NotificationDevice): string {
  return last === null
    ? t("notifications.never")
    : t("notifications.last", { moment: nearMomentText(last, t, currentLanguage()) });
}

function OtherDevice({ device }: { device: NotificationDevice }) {
  const { t } = useTranslation();
  const remove = useRemoveDevice();
  const name = deviceName(t, device);
  const problem = problemText(t, remove.error);
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <span className={classes.name}>{name}</span>
        <span className={classes.quiet}>
          {device.outdated ? t("notifications.outdated") : lastText(t, device)}
        </span>
        {problem !== undefined && <FormError>{problem}</FormError>}
      </div>
      <Button
        loading={remove.isPending}
        aria-label={t("notifications.remove_device", { name })}
        onClick={() => remove.mutate({ id: device.id, here: false })}
      >
        {t("notifications.remove")}
      </Button>
    </li>
  );
}
