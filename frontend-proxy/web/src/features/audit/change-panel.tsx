import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { nearMomentText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { SidePanel } from "@/shared/ui/side-panel";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./change-panel.module.css";
import { changedFacts, type Fact, factsOf } from "./facts";
import { isThingKind } from "./kinds";
import { type AuditChange, type AuditFilter, changeQuery, type Names } from "./queries";
import { actorText, fieldText, kindText, thingKindText, thingText, valueTexts } from "./texts";
import { PersonLink, ThingLink } from "./thing-link";

type ChangePanelProps = {
  id: number;
  /** What the list beside it shows. */
  filter: AuditFilter;
  onClose: () => void;
};

/** A change with what was before and what is after. */
export function ChangePanel({ id, filter, onClose }: ChangePanelProps) {
  const { t } = useTranslation();
  const change = useQuery(changeQuery(id));
  return (
    <SidePanel
      title={change.data === undefined ? t("audit.title") : kindText(t, change.data.kind)}
      onClose={onClose}
    >
      {change.isPending && <LoadingRows count={5} height={48} />}
      {change.isError && change.data === undefined && (
        <ErrorState error={change.error} onRetry={() => change.refetch()} />
      )}
      {change.data !== undefined && (
        <div className={classes.panel}>
          <About change={change.data} filter={filter} />
          <Difference change={change.data} />
        </div>
      )}
    </SidePanel>
  );
}

type AboutProps = { change: AuditChange; filter: AuditFilter };

function About({ change, filter }: AboutProps) {
  const { t } = useTranslation();
  const { actor, thing } = change;
  const { from, to } = filter;
  return (
    <section className={classes.section} aria-label={t("audit.about")}>
      <dl className={classes.facts}>
        <dt>{t("audit.when")}</dt>
        <dd className={classes.moment}>
          <time dateTime={change.occurred_at}>
            {nearMomentText(change.occurred_at, t, currentLanguage())}
          </time>
        </dd>
        <dt>{t("audit.who")}</dt>
        <dd>
          {actor.user_id === 0 || actor.name === "" ? (
            actorText(t, actor)
          ) : (
            <PersonLink id={actor.user_id}>{actor.name}</PersonLink>
          )}
        </dd>
        <dt>{thingKindText(t, thing.kind)}</dt>
        <dd>
          <ThingLink change={change}>{thingText(t, change)}</ThingLink>
        </dd>
        {actor.session_id !== 0 && (
          <>
            <dt>{t("audit.session")}</dt>
            <dd>
              <Link
                to="/manage/audit"
                search={{ thing_kind: "session", thing_id: actor.session_id }}
              >
                {actor.session_id}
              </Link>
            </dd>
          </>
        )}
        {actor.address !== "" && (
          <>
            <dt>{t("audit.address")}</dt>
            <dd>{actor.address}</dd>
          </>
        )}
      </dl>
      <div className={classes.links}>
        {isThingKind(thing.kind) && (
          <Link
            to="/manage/audit"
            search={{ thing_kind: thing.kind, thing_id: idOf(thing.id), from, to }}
            className={classes.link}
          >
            {t("audit.all_of_thing")}
          </Link>
        )}
        {actor.user_id !== 0 && (
          <Link
            to="/manage/audit"
            search={{ person: actor.user_id, from, to }}
            className={classes.link}
          >
            {t("audit.all_by_person")}
          </Link>
        )}
      </div>
    </section>
  );
}

/** An id as the address of the page holds it. */
function idOf(id: string): number | string {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : id;
}

function Difference({ change }: { change: AuditChange }) {
  const { t } = useTranslation();
  const facts = changedFacts(change.before, change.after);
  const [before, after] = [factsOf(change.before), factsOf(change.after)];
  const title =
    before === undefined
      ? t("audit.created")
      : after === undefined
        ? t("audit.gone")
        : t("audit.changed");
  if (facts.length === 0) {
    return <p className={classes.quiet}>{t("audit.nothing_kept")}</p>;
  }
  return (
    <section className={classes.section} aria-labelledby="difference">
      <h3 id="difference">{title}</h3>
      <dl className={classes.difference}>
        {facts.map((fact) => (
          <FactRow key={fact.field} fact={fact} names={change.names} />
        ))}
      </dl>
    </section>
  );
}

function FactRow({ fact, names }: { fact: Fact; names: Names }) {
  const { t } = useTranslation();
  const { field } = fact;
  const both = "was" in fact && "is" in fact;
  return (
    <div className={classes.fact}>
      <dt>{fieldText(t, field)}</dt>
      {"was" in fact && (
        <dd className={both ? classes.was : undefined}>
          {both && <span className={classes.side}>{t("audit.was")}</span>}
          <Values field={field} texts={valueTexts(t, field, fact.was, names)} />
        </dd>
      )}
      {"is" in fact && (
        <dd className={both ? classes.is : undefined}>
          {both && <span className={classes.side}>{t("audit.becomes")}</span>}
          <Values field={field} texts={valueTexts(t, field, fact.is, names)} />
        </dd>
      )}
    </div>
  );
}

const orderedFields = ["building_ids", "usual_walker_ids"];

/** One text; a list by its numbers where its order may be what has changed. */
function Values({ field, texts }: { field: string; texts: readonly string[] }) {
  if (texts.length <= 1 || !orderedFields.includes(field)) {
    return <span className={classes.value}>{texts.join(", ")}</span>;
  }
  return (
    <ol className={classes.values}>
      {texts.map((text, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same text may come twice
        <li key={place}>{text}</li>
      ))}
    </ol>
  );
}
