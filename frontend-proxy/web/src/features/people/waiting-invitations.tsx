import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { mayGive } from "@/shared/account/roles";
import type { Account, Invitation } from "@/shared/api/types";
import { dayOf, nearDayText } from "@/shared/dates";
import { errorText } from "@/shared/i18n/error-text";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import classes from "./people-page.module.css";
import { type Invited, useRenew, useWithdraw, waitingInvitationsQuery } from "./queries";

type WaitingInvitationsProps = {
  me: Account;
  regionNames: (ids: readonly number[]) => string;
  /** An invitation has got a new link. */
  onInvited: (invited: Invited) => void;
};

/** Who is invited and has not registered yet. */
export function WaitingInvitations({ me, regionNames, onInvited }: WaitingInvitationsProps) {
  const { t } = useTranslation();
  const invitations = useQuery(waitingInvitationsQuery);
  const [withdrawing, setWithdrawing] = useState<Invitation>();
  const [withdrawn, setWithdrawn] = useState<string>();
  const renew = useRenew();
  return (
    <section className={classes.section} aria-labelledby="invitations">
      <h2 id="invitations" className={classes.sectionTitle}>
        {t("people.invitations")}
      </h2>
      {invitations.isPending && <LoadingRows count={2} height={56} />}
      {invitations.isError && invitations.data === undefined && (
        <ErrorState error={invitations.error} onRetry={() => invitations.refetch()} />
      )}
      {renew.isError && <FormError>{errorText(t, renew.error)}</FormError>}
      {withdrawn !== undefined && <Notice>{t("people.withdrawn", { email: withdrawn })}</Notice>}
      {invitations.data?.length === 0 && (
        <p className={classes.quiet}>{t("people.no_invitations")}</p>
      )}
      {invitations.data !== undefined && invitations.data.length > 0 && (
        <ul className={classes.list} aria-label={t("people.invitations")}>
          {invitations.data.map((invitation) => (
            <InvitationRow
              key={invitation.id}
              invitation={invitation}
              regions={regionNames(invitation.region_ids)}
              mine={mayGive(me.role, invitation.role)}
              renewing={renew.isPending && renew.variables === invitation.id}
              onRenew={() => {
                setWithdrawn(undefined);
                renew.mutate(invitation.id, { onSuccess: onInvited });
              }}
              onWithdraw={() => setWithdrawing(invitation)}
            />
          ))}
        </ul>
      )}
      {withdrawing !== undefined && (
        <WithdrawDialog
          invitation={withdrawing}
          onClose={() => setWithdrawing(undefined)}
          onWithdrawn={() => {
            setWithdrawing(undefined);
            setWithdrawn(withdrawing.email);
          }}
        />
      )}
    </section>
  );
}

type InvitationRowProps = {
  invitation: Invitation;
  regions: string;
  /** The signed-in person's rank allows to change it. */
  mine: boolean;
  renewing: boolean;
  onRenew: () => void;
  onWithdraw: () => void;
};

function InvitationRow(props: InvitationRowProps) {
  const { t } = useTranslation();
  const { invitation, regions } = props;
  const date = nearDayText(dayOf(new Date(invitation.expires_at)), t, currentLanguage());
  return (
    <li className={classes.invitation}>
      <span className={classes.name}>{invitation.email}</span>
      <span className={classes.facts}>
        <span>{t(`role.${invitation.role}`)}</span>
        {regions !== "" && <span>{regions}</span>}
        <span className={invitation.expired ? classes.late : undefined}>
          {invitation.expired ? t("people.expired", { date }) : t("people.valid_until", { date })}
        </span>
        {invitation.invited_by !== "" && (
          <span>{t("people.invited_by", { name: invitation.invited_by })}</span>
        )}
      </span>
      {props.mine && (
        <span className={classes.rowActions}>
          <Button
            loading={props.renewing}
            aria-label={t("people.new_link_for", { email: invitation.email })}
            onClick={props.onRenew}
          >
            {t("people.new_link")}
          </Button>
          <Button
            aria-label={t("people.withdraw_for", { email: invitation.email })}
            onClick={props.onWithdraw}
          >
            {t("people.withdraw")}
          </Button>
        </span>
      )}
    </li>
  );
}

type WithdrawDialogProps = {
  invitation: Invitation;
  onClose: () => void;
  onWithdrawn: () => void;
};

function WithdrawDialog({ invitation, onClose, onWithdrawn }: WithdrawDialogProps) {
  const { t } = useTranslation();
  const leave = useWithdraw(invitation.id);
  return (
    <ConfirmDialog
      title={t("people.withdraw_title", { email: invitation.email })}
      text={t("people.withdraw_text")}
      keep={t("people.keep")}
      confirm={t("people.withdraw_confirm")}
      pending={leave.isPending}
      problem={problemText(t, leave.error)}
      onConfirm={() => leave.mutate(undefined, { onSuccess: onWithdrawn })}
      onClose={onClose}
    />
  );
}
