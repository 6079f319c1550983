import { Button } from "@mantine/core";
import { IconCheck, IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Account, Token } from "@/shared/api/types";
import { clockTime, dayOf, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { EmptyState, ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import classes from "./profile-page.module.css";
import { tokensQuery, useWithdrawToken } from "./queries";
import { TokenDialog } from "./token-dialog";

/** What one's programs sign in with. */
export function TokensTab({ me }: { me: Account }) {
  const { t } = useTranslation();
  const tokens = useQuery(tokensQuery);
  const [adding, setAdding] = useState(false);
  const [withdrawing, setWithdrawing] = useState<Token>();
  const [told, setTold] = useState<string>();
  const add = (
    <Button
      variant="signal"
      leftSection={<IconPlus size={20} aria-hidden />}
      onClick={() => setAdding(true)}
    >
      {t("tokens.add")}
    </Button>
  );
  return (
    <div className={classes.section}>
      <p className={classes.text}>{t("tokens.text")}</p>
      {told !== undefined && <Notice icon={<IconCheck size={20} aria-hidden />}>{told}</Notice>}
      {tokens.isPending && <LoadingRows count={2} height={84} />}
      {tokens.isError && tokens.data === undefined && (
        <ErrorState error={tokens.error} onRetry={() => tokens.refetch()} />
      )}
      {tokens.data?.length === 0 && (
        <EmptyState title={t("tokens.empty_title")} text={t("tokens.empty_text")} action={add} />
      )}
      {tokens.data !== undefined && tokens.data.length > 0 && (
        <>
          <ul className={classes.list} aria-label={t("tokens.list")}>
            {tokens.data.map((token) => (
              <TokenRow key={token.id} token={token} onWithdraw={() => setWithdrawing(token)} />
            ))}
          </ul>
          {add}
        </>
      )}
      {adding && <TokenDialog me={me} onClose={() => setAdding(false)} />}
      {withdrawing !== undefined && (
        <Withdraw
          token={withdrawing}
          onWithdrawn={() => {
            setTold(t("tokens.withdrawn", { name: withdrawing.name }));
            setWithdrawing(undefined);
          }}
          onClose={() => setWithdrawing(undefined)}
        />
      )}
    </div>
  );
}

function TokenRow({ token, onWithdraw }: { token: Token; onWithdraw: () => void }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const day = (moment: string) => nearDayText(dayOf(new Date(moment)), t, language);
  return (
    <li className={classes.row}>
      <IconKey size={24} stroke={1.5} aria-hidden />
      <div className={classes.what}>
        <span className={classes.name}>{token.name}</span>
        <span className={classes.quiet}>
          {t(`tokens.scope_${token.scope}`)},{" "}
          <span className={token.expired ? classes.late : undefined}>
            {t(token.expired ? "tokens.expired" : "tokens.expires", {
              date: day(token.expires_at),
            })}
          </span>
        </span>
        <span className={classes.quiet}>
          {token.last_used_at === null
            ? t("tokens.never_used")
            : t("tokens.last_used", {
                day: day(token.last_used_at),
                time: clockTime(token.last_used_at, language),
              })}
        </span>
      </div>
      <Button aria-label={t("tokens.withdraw_for", { name: token.name })} onClick={onWithdraw}>
        {t("tokens.withdraw")}
      </Button>
    </li>
  );
}

type WithdrawProps = { token: Token; onWithdrawn: () => void; onClose: () => void };

function Withdraw({ token, onWithdrawn, onClose }: WithdrawProps) {
  const { t } = useTranslation();
  const withdraw = useWithdrawToken(token.id);
  return (
    <ConfirmDialog
      title={t("tokens.withdraw_title", { name: token.name })}
      text={t("tokens.withdraw_text")}
      confirm={t("tokens.withdraw_confirm")}
      pending={withdraw.isPending}
      problem={problemText(t, withdraw.error)}
      onConfirm={() => withdraw.mutate(undefined, { onSuccess: onWithdrawn })}
      onClose={onClose}
    />
  );
}
