import { Button, Select, Title } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { roles } from "@/shared/account/roles";
import { accountStatuses } from "@/shared/account/status";
import type { Account, Role, User } from "@/shared/api/types";
import { usePeopleEvents } from "@/shared/people/use-people-events";
import { regionChoicesQuery } from "@/shared/regions/region-choices";
import { RegionFilter } from "@/shared/regions/region-filter";
import { useRegionNames } from "@/shared/regions/use-region-names";
import { PageTitle } from "@/shared/ui/page-title";
import { SearchField } from "@/shared/ui/search-field";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { InviteDialog } from "./invite-dialog";
import { LinkDialog } from "./link-dialog";
import classes from "./people-page.module.css";
import { PersonList } from "./person-list";
import { type Invited, type PeopleFilter, usersQuery } from "./queries";
import { WaitingInvitations } from "./waiting-invitations";

type PeoplePageProps = {
  me: Account;
  filter: PeopleFilter;
  onFilter: (filter: PeopleFilter) => void;
};

/** Everybody with an account, and who is invited to get one. */
export function PeoplePage({ me, filter, onFilter }: PeoplePageProps) {
  const { t } = useTranslation();
  const [inviting, setInviting] = useState(false);
  const [invited, setInvited] = useState<Invited>();
  const regions = useQuery(regionChoicesQuery);
  const regionNames = useRegionNames();
  return (
    <div className={classes.page}>
      <PageTitle>{t("people.title")}</PageTitle>
      <header className={classes.header}>
        <Title order={1}>{t("people.title")}</Title>
        <Button
          variant="signal"
          leftSection={<IconUserPlus size={20} aria-hidden />}
          onClick={() => setInviting(true)}
        >
          {t("people.invite")}
        </Button>
      </header>
      <WaitingInvitations me={me} regionNames={regionNames} onInvited={setInvited} />
      <Accounts me={me} filter={filter} onFilter={onFilter} regionNames={regionNames} />
      {inviting && (
        <InviteDialog
          me={me}
          regions={regions.data ?? []}
          onClose={() => setInviting(false)}
          onInvited={(made) => {
            setInviting(false);
            setInvited(made);
          }}
        />
      )}
      {invited !== undefined && (
        <LinkDialog invited={invited} onClose={() => setInvited(undefined)} />
      )}
    </div>
  );
}

type AccountsProps = PeoplePageProps & { regionNames: (ids: readonly number[]) => string };

function Accounts({ me, filter, onFilter, regionNames }: AccountsProps) {
  const { t } = useTranslation();
  const users = useInfiniteQuery(usersQuery(filter));
  usePeopleEvents();
  const filtered = Object.values(filter).some((value) => value !== undefined);
  return (
    <section className={classes.section} aria-labelledby="accounts">
      <h2 id="accounts" className={classes.sectionTitle}>
        {t("people.accounts")}
      </h2>
      <Filters filter={filter} onFilter={onFilter} />
      {users.isPending && <LoadingRows count={6} height={56} />}
      {users.isError && users.data === undefined && (
        <ErrorState error={users.error} onRetry={() => users.refetch()} />
      )}
      {users.data !== undefined && (
        <UserResults
          me={me}
          users={users.data}
          filter={filter}
          filtered={filtered}
          regionNames={regionNames}
          onClear={() => onFilter({})}
        />
      )}
      {users.hasNextPage && (
        <Button
          className={classes.more}
          loading={users.isFetchingNextPage}
          onClick={() => users.fetchNextPage()}
        >
          {t("people.more")}
        </Button>
      )}
    </section>
  );
}

type UserResultsProps = {
  me: Account;
  users: User[];
  filter: PeopleFilter;
  filtered: boolean;
  regionNames: (ids: readonly number[]) => string;
  onClear: () => void;
};

function UserResults({ me, users, filter, filtered, regionNames, onClear }: UserResultsProps) {
  const { t } = useTranslation();
  const alone = !filtered && users.every((user) => user.id === me.id);
  return (
    <>
      {users.length > 0 && <PersonList users={users} filter={filter} regionNames={regionNames} />}
      {users.length === 0 && filtered && (
        <EmptyState
          title={t("people.nobody_title")}
          text={t("people.nobody_text")}
          action={<Button onClick={onClear}>{t("people.clear")}</Button>}
        />
      )}
      {alone && <EmptyState title={t("people.empty_title")} text={t("people.empty_text")} />}
    </>
  );
}

type FiltersProps = Pick<PeoplePageProps, "filter" | "onFilter">;

function Filters({ filter, onFilter }: FiltersProps) {
  const { t } = useTranslation();
  return (
    <search className={classes.filters}>
      <SearchField
        placeholder={t("people.search_placeholder")}
        value={filter.q}
        onSearch={(q) => onFilter({ ...filter, q })}
      />
      <Select
        label={t("people.role")}
        allowDeselect={false}
        data={[
          { value: "", label: t("people.all_roles") },
          ...roles.map((role) => ({ value: role, label: t(`role.${role}`) })),
        ]}
        value={filter.role ?? ""}
        onChange={(role) =>
          onFilter({ ...filter, role: role === "" || role === null ? undefined : (role as Role) })
        }
      />
      <RegionFilter region={filter.region} onChange={(region) => onFilter({ ...filter, region })} />
      <Select
        label={t("people.status")}
        allowDeselect={false}
        data={[
          { value: "", label: t("people.all_statuses") },
          ...accountStatuses.map((status) => ({ value: status, label: t(`people.${status}`) })),
        ]}
        value={filter.status ?? ""}
        onChange={(value) =>
          onFilter({ ...filter, status: accountStatuses.find((status) => status === value) })
        }
      />
    </search>
  );
}
