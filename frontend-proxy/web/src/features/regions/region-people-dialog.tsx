import { Button, Checkbox, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { mayActOn } from "@/features/auth/roles";
import { fullName } from "@/shared/address";
import type { Account, Region, User } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { FormError } from "@/shared/ui/form-error";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { putUserRegions, workingPeopleQuery } from "./queries";
import classes from "./regions-page.module.css";

type RegionPeopleDialogProps = { me: Account; region: Region; onClose: () => void };

/** Who works in a region; each tick is stored at once. */
export function RegionPeopleDialog({ me, region, onClose }: RegionPeopleDialogProps) {
  const { t } = useTranslation();
  const people = useQuery(workingPeopleQuery);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("regions.people_title", { name: region.name })}
      centered
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <div className={classes.dialog}>
        <p className={classes.text}>{t("regions.people_text")}</p>
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
        <div className={classes.dialogActions}>
          <Button onClick={onClose}>{t("people.done")}</Button>
        </div>
      </div>
    </Modal>
  );
}

type TicksProps = { me: Account; region: Region; users: User[] };

function Ticks({ me, region, users }: TicksProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  // Shown at once, until the answer says how it is.
  const [ticked, setTicked] = useState<{ id: number; works: boolean }>();
  const put = useMutation({
    mutationFn: ({ user, works }: { user: User; works: boolean }) =>
      putUserRegions(
        user.id,
        works
          ? [...user.region_ids, region.id]
          : user.region_ids.filter((candidate) => candidate !== region.id),
      ),
    // The next tick starts from what is stored.
    onSettled: async () => {
      await Promise.all(
        ["users", "workers"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
      );
      setTicked(undefined);
    },
  });
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
                disabled={
                  ticked !== undefined || (user.id !== me.id && !mayActOn(me.role, user.role))
                }
                onChange={(event) => {
                  const works = event.currentTarget.checked;
                  setTicked({ id: user.id, works });
                  put.mutate({ user, works });
                }}
              />
            </li>
          );
        })}
      </ul>
    </>
  );
}
