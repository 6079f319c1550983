import { Button, Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { mayActOn } from "@/shared/account/roles";
import { fullName } from "@/shared/address";
import type { Account, Region, User } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { workersQuery } from "@/shared/people/workers-query";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { FormError } from "@/shared/ui/form-error";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { usePutUserRegions } from "./queries";
import classes from "./region-people-dialog.module.css";

type RegionPeopleDialogProps = { me: Account; region: Region; onClose: () => void };

/** Who works in a region; each tick is stored at once. */
export function RegionPeopleDialog({ me, region, onClose }: RegionPeopleDialogProps) {
  const { t } = useTranslation();
  const people = useQuery(workersQuery());
  return (
    <Dialog title={t("regions.people_title", { name: region.name })} onClose={onClose}>
      <div className={dialog.content}>
        <p className={dialog.text}>{t("regions.people_text")}</p>
        {people.isPending && <LoadingRows count={4} height={44} />}
        {people.isError && people.data === undefined && (
          <ErrorState error={people.error} onRetry={() => people.refetch()} />
        )}
        {people.data?.length === 0 && (
          <EmptyState title={t("people.empty_title")} text={t("people.empty_text")} />
        )}
        {people.data !== undefined && people.data.length > 0 && (
          <Ticks me={me} region={region} users={people.data} />
        )}
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("people.done")}</Button>
        </div>
      </div>
    </Dialog>
  );
}

type TicksProps = { me: Account; region: Region; users: User[] };

function Ticks({ me, region, users }: TicksProps) {
  const { t } = useTranslation();
  // Shown at once, until the answer says how it is.
  const [ticked, setTicked] = useState<{ id: number; works: boolean }>();
  const put = usePutUserRegions();
  return (
    <>
      {put.isError && <FormError>{errorText(t, put.error)}</FormError>}
      <ul className={classes.ticks} aria-label={t("regions.people")}>
        {users.map((user) => {
          return (
            <li key={user.id}>
              <Checkbox
                className={classes.tick}
                label={fullName(user)}
                description={t(`role.${user.role}`)}
                checked={
                  ticked?.id === user.id ? ticked.works : user.region_ids.includes(region.id)
                }
                // Not disabled while one is stored: that would take the focus away.
                disabled={user.id !== me.id && !mayActOn(me.role, user.role)}
                onChange={(event) => {
                  if (ticked !== undefined) {
                    return;
                  }
                  const works = event.currentTarget.checked;
                  setTicked({ id: user.id, works });
                  put.mutate(
                    {
                      id: user.id,
                      regionIds: works
                        ? [...user.region_ids, region.id]
                        : user.region_ids.filter((candidate) => candidate !== region.id),
                    },
                    { onSettled: () => setTicked(undefined) },
                  );
                }}
              />
            </li>
          );
        })}
      </ul>
    </>
  );
}
