import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DateField } from "@/shared/ui/date-field";
import classes from "./audit-page.module.css";
import { ChoiceField } from "./choice-field";
import {
  type AuditGroup,
  type AuditKind,
  auditKinds,
  groupOf,
  isNamedKind,
  type ThingKind,
  thingKinds,
} from "./kinds";
import type { AuditFilter } from "./queries";

type FiltersProps = { filter: AuditFilter; onFilter: (filter: AuditFilter) => void };

/** Narrows the log by who, what, and when. */
export function Filters({ filter, onFilter }: FiltersProps) {
  const { t } = useTranslation();
  const { thing_kind: thingKind, thing_id: thingID, from, to } = filter;
  return (
    <search className={classes.filters}>
      <ChoiceField
        label={t("audit.person")}
        kind="account"
        all={t("audit.anybody")}
        value={filter.person}
        onChange={(person) => onFilter({ ...filter, person })}
      />
      <Select
        label={t("audit.kind")}
        allowDeselect={false}
        searchable
        data={[
          { value: "", label: t("audit.all_kinds") },
          ...groups().map(([group, kinds]) => ({
            group: t(`audit.groups.${group}`),
            items: kinds.map((kind) => ({ value: kind, label: t(`audit.kinds.${kind}`) })),
          })),
        ]}
        value={filter.kind ?? ""}
        onChange={(kind) => onFilter({ ...filter, kind: kind ? (kind as AuditKind) : undefined })}
      />
      <Select
        label={t("audit.thing_kind")}
        allowDeselect={false}
        data={[
          { value: "", label: t("audit.all_things") },
          ...thingKinds.map((kind) => ({ value: kind, label: t(`audit.things.${kind}`) })),
        ]}
        value={thingKind ?? ""}
        onChange={(kind) =>
          onFilter({
            ...filter,
            thing_kind: kind ? (kind as ThingKind) : undefined,
            // An id is that of a thing of its kind.
            thing_id: kind === thingKind ? thingID : undefined,
          })
        }
      />
      {isNamedKind(thingKind) && (
        <ChoiceField
          key={thingKind}
          label={t(`audit.things.${thingKind}`)}
          kind={thingKind}
          all={t("audit.any_thing")}
          value={typeof thingID === "number" ? thingID : undefined}
          onChange={(id) => onFilter({ ...filter, thing_id: id })}
        />
      )}
      <DateField
        label={t("audit.from")}
        placeholder={t("audit.from_start")}
        clearable
        value={from ?? null}
        onChange={(day) => {
          const first = day ?? undefined;
          const last = first !== undefined && to !== undefined && to < first ? first : to;
          onFilter({ ...filter, from: first, to: last });
        }}
      />
      <DateField
        label={t("audit.to")}
        placeholder={t("audit.to_now")}
        clearable
        value={to ?? null}
        {...(from === undefined ? {} : { minDate: from })}
        onChange={(day) => onFilter({ ...filter, to: day ?? undefined })}
      />
    </search>
  );
}

function groups(): [AuditGroup, AuditKind[]][] {
  const found = new Map<AuditGroup, AuditKind[]>();
  for (const kind of auditKinds) {
    found.set(groupOf(kind), [...(found.get(groupOf(kind)) ?? []), kind]);
  }
  return [...found];
}
