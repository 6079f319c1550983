import { Button, Title } from "@mantine/core";
import { IconArchive, IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { CollectionRule, CollectionRuleResult, Generation } from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";
import { problemText } from "@/shared/refusals";
import { BackLink } from "@/shared/ui/back-link";
import { FormError } from "@/shared/ui/form-error";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { ruleSentence } from "@/shared/waste/rule-words";
import { useCollectionEvents } from "@/shared/waste/use-collection-events";
import { useWasteKinds } from "@/shared/waste/use-waste-kinds";
import { WasteSwatch } from "@/shared/waste/waste-kind";
import { GenerationReport } from "./generation-report";
import { ruleQuery, useSetRuleArchived } from "./queries";
import { RuleForm } from "./rule-form";
import classes from "./rule-page.module.css";
import { targetText } from "./target-text";

type RulePageProps = {
  id: number | "new";
  /** The building that a new rule is for. */
  building?: number | undefined;
  onMade: (id: number) => void;
  onClose: () => void;
};

type Done = { what: "made" | "saved" | "archived" | "unarchived"; generation: Generation };

/** One rule: what it says, what it would do, and what it did last. */
export function RulePage({ id, building, onMade, onClose }: RulePageProps) {
  const { t } = useTranslation();
  const [done, setDone] = useState<Done>();
  useCollectionEvents();
  return (
    <div className={`${listPage.page} ${classes.page}`}>
      <BackLink to="/manage/collection-rules">{t("rules.title")}</BackLink>
      {id === "new" ? (
        <NewRule
          building={building}
          onSaved={({ rule, generation }) => {
            setDone({ what: "made", generation });
            onMade(rule.id);
          }}
          onClose={onClose}
        />
      ) : (
        <ExistingRule key={id} id={id} done={done} onDone={setDone} onClose={onClose} />
      )}
    </div>
  );
}

type NewRuleProps = {
  building: number | undefined;
  onSaved: (result: CollectionRuleResult) => void;
  onClose: () => void;
};

function NewRule({ building, onSaved, onClose }: NewRuleProps) {
  const { t } = useTranslation();
  const chosen = useQuery({ ...buildingQuery(building ?? 0), enabled: building !== undefined });
  return (
    <>
      <PageTitle>{t("rules.add")}</PageTitle>
      <Title order={1}>{t("rules.add")}</Title>
      {building !== undefined && chosen.isPending ? (
        <LoadingRows count={6} height={64} />
      ) : (
        <RuleForm
          rule={undefined}
          building={
            chosen.data && { id: chosen.data.id, label: streetLine(chosen.data.address, t) }
          }
          onSaved={onSaved}
          onClose={onClose}
        />
      )}
    </>
  );
}

type ExistingRuleProps = {
  id: number;
  done: Done | undefined;
  onDone: (done: Done | undefined) => void;
  onClose: () => void;
};

function ExistingRule({ id, done, onDone, onClose }: ExistingRuleProps) {
  const { t } = useTranslation();
  const kinds = useWasteKinds();
  const query = useQuery(ruleQuery(id));
  const archive = useSetRuleArchived(id);
  const rule = query.data;
  const setArchived = (archived: boolean) => {
    onDone(undefined);
    archive.mutate(archived, {
      onSuccess: ({ generation }) => {
        onDone({ what: archived ? "archived" : "unarchived", generation });
      },
    });
  };
  if (query.isPending) {
    return <LoadingRows count={8} height={64} />;
  }
  if (rule === undefined) {
    return <ErrorState error={query.error} onRetry={() => query.refetch()} />;
  }
  const name = `${kinds.name(rule.type)} · ${targetText(rule, t)}`;
  return (
    <>
      <PageTitle>{name}</PageTitle>
      <header className={listPage.header}>
        <div className={classes.heading}>
          <WasteSwatch kind={kinds.kind(rule.type)} size={40} />
          <Title order={1} className={classes.name ?? ""}>
            {name}
          </Title>
        </div>
        <div className={listPage.headerActions}>
          <Button
            renderRoot={(props) => (
              <Link
                to="/manage/audit"
                search={{ thing_kind: "collection_rule", thing_id: id }}
                {...props}
              />
            )}
          >
            {t("rules.history")}
          </Button>
          {!rule.archived && (
            <Button
              leftSection={<IconArchive size={20} aria-hidden />}
              loading={archive.isPending}
              onClick={() => setArchived(true)}
            >
              {t("rules.archive")}
            </Button>
          )}
        </div>
      </header>
      {done !== undefined && (
        <Notice
          icon={<IconCheck size={20} aria-hidden />}
          action={
            done.what === "archived" && (
              <Button loading={archive.isPending} onClick={() => setArchived(false)}>
                {t("waste.undo")}
              </Button>
            )
          }
        >
          {t(`rules.done.${done.what}`)} <GenerationText generation={done.generation} />
        </Notice>
      )}
      {archive.isError && <FormError>{problemText(t, archive.error)}</FormError>}
      {rule.archived ? (
        <ArchivedRule rule={rule} busy={archive.isPending} onBack={() => setArchived(false)} />
      ) : (
        <RuleForm
          rule={rule}
          onRefresh={() => void query.refetch()}
          onSaved={({ generation }) => {
            onDone({ what: "saved", generation });
            window.scrollTo({ top: 0 });
          }}
          onClose={onClose}
        />
      )}
      <GenerationReport id={id} />
    </>
  );
}

/** How many collections were made, changed, removed and left out. */
function GenerationText({ generation }: { generation: Generation }) {
  const { t } = useTranslation();
  const { created, changed, removed, skipped_count: skipped } = generation;
  const parts = [
    created > 0 && t("rules.made_count", { count: created }),
    changed > 0 && t("rules.changed_count", { count: changed }),
    removed > 0 && t("rules.removed_count", { count: removed }),
    skipped > 0 && t("rules.skipped_count", { count: skipped }),
  ].filter((part) => part !== false);
  return <>{parts.length === 0 ? t("rules.nothing_to_do") : `${parts.join(", ")}.`}</>;
}

type ArchivedRuleProps = { rule: CollectionRule; busy: boolean; onBack: () => void };

function ArchivedRule({ rule, busy, onBack }: ArchivedRuleProps) {
  const { t, i18n } = useTranslation();
  return (
    <>
      <Notice>{t("rules.is_archived")}</Notice>
      <p className={classes.sentence}>{ruleSentence(rule, t, i18n.language)}</p>
      <Button variant="signal" className={classes.back ?? ""} loading={busy} onClick={onBack}>
        {t("waste.unarchive")}
      </Button>
    </>
  );
}
