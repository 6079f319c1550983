# shellcheck shell=bash
# What backup and restore share inside the container `maintenance`. DATA is the volume of the pictures where that is elsewhere.
set -euo pipefail
export LC_ALL=C PGUSER=$POSTGRES_USER PGHOST=${POSTGRES_HOST%:*} PGPORT=${POSTGRES_HOST##*:} PGOPTIONS='-c client_min_messages=warning'
data=${DATA:-/data}
maintenance=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# In the order in which they are read: what the rounds name (accounts, pictures) is there before they name it, and what
# happened before the audit log has it.
# shellcheck disable=SC2034
databases=(core auth mail audit)
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# query DATABASE SQL: its rows, columns separated by |.
query() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$1" --command "$2"; }

# rows DATABASE: "TABLE ROWS" of each table of the application.
rows() {
  query "$1" "SELECT format('SELECT %L, count(*) FROM %I.%I;', relname, nspname, relname)
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r','p') AND NOT relispartition AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
    ORDER BY relname" | psql --no-psqlrc --quiet --tuples-only --no-align --field-separator ' ' --set ON_ERROR_STOP=1 --dbname "$1"
}

exists() { [ "$(query "$POSTGRES_DB" "SELECT count(*) FROM pg_database WHERE datname = '$1'")" = 1 ]; }

# stored FOLDER: "THING COUNT BYTES" of what has files in the buckets there. Of each picture two sizes are stored, in a folder of
# their own; of each manual one file.
stored() {
  local bytes count
  for thing in pictures manuals; do
    count=0 bytes=0
    if [ -d "$1/$thing" ]; then
      bytes=$(du -sb --exclude=tmp --exclude=lock "$1/$thing" | cut -f1)
      case $thing in
        pictures) count=$(find "$1/$thing/objects" -type f -printf '%h\n' 2>/dev/null | sort -u | wc -l) ;;
        manuals) count=$(find "$1/$thing/objects" -type f 2>/dev/null | wc -l) ;;
      esac
    fi
    printf '%s %s %s\n' "$thing" "$count" "$bytes"
  done
}
