# shellcheck shell=bash
# What the scripts that work on an installation share; they source it. They run where only bash and Docker are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif command -v docker-compose >/dev/null; then
  compose=(docker-compose)
else
  fail "Docker Compose is missing: install the package docker-compose-plugin, or docker-compose."
fi
docker info >/dev/null 2>&1 || fail "Docker does not answer: start it, or run this as a user who may use it."

# setting NAME: its value, from the environment or .env, as Compose reads it.
setting() {
  if [ -n "${!1:-}" ]; then printf '%s' "${!1}"; return; fi
  [ -f .env ] || return 0
  sed -n "s/^[[:space:]]*\(export[[:space:]]\+\)\?$1[[:space:]]*=[[:space:]]*//p" .env | tail -n 1 | sed "s/[[:space:]]*\$//; s/^\(['\"]\)\(.*\)\1\$/\2/"
}

# check_settings says all at once what is missing and what cannot be right, before anything is touched.
check_settings() {
  local name value missing=0
  # must NAME PATTERN HINT: a value that is set must match as a whole.
  must() {
    value=$(setting "$1")
    [[ -z $value || $value =~ ^($2)$ ]] || { say "$1 is set to something that is not $3: correct it in .env"; missing=1; }
  }
  [ -f .env ] || [ -n "${POSTGRES_DB:-}" ] || fail "There is no .env: copy .env.example to .env and fill in what is empty."
  for name in ENVIRONMENT POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB SECRET_EMAIL_USER SECRET_EMAIL_USER_PSWD; do
    [ -n "$(setting "$name")" ] || { say "$name is missing or empty: set it in .env"; missing=1; }
  done
  [ -n "$(setting SECRET_KEY)$(setting DJANGO_SECRET_KEY)" ] || { say "SECRET_KEY is missing or empty: set it in .env"; missing=1; }
  must SECRET_KEY '.{16,}' "a key of 16 characters or more (openssl rand -hex 32)"
  must DJANGO_SECRET_KEY '.{16,}' "a key of 16 characters or more (openssl rand -hex 32)"
  must ENVIRONMENT 'production|development' "production or development"
  must DOMAIN '[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?' "a host name or an address, without https:// and without a port"
  must ADMIN_EMAIL '[^@[:space:]]+@[^@[:space:]]+' "an e-mail address"
  must REQUIRE_SECOND_FACTOR 'admins|none' "admins or none"
  must LOG_LEVEL 'debug|info|warn|error' "debug, info, warn or error"
  must BASE_URL 'https?://[^/[:space:]]+.*' "an address like https://trottoir.example:2002"
  must OTEL_EXPORTER_OTLP_ENDPOINT 'https?://[^/[:space:]]+.*' "an address like http://collector:4318"
  must SMTP_TLS 'starttls|tls|none' "starttls, tls or none"
  must MAP_STYLE_URL '(https?:/)?/[^/[:space:]].*' "an address like https://tiles.example/style.json, or a path like /map/gent.pmtiles"
  must PHOTO_RETENTION '0|[1-9][0-9]{0,3}[ymd]' "a time like 2y, 18m or 90d, or 0 to keep photos for ever"
  must LATE_TIME '([01][0-9]|2[0-3]):[0-5][0-9]' "a time like 12:00"
  must LATE_TOLERANCE '[0-9]|[1-9][0-9]|[1-5][0-9][0-9]|600' "a number of minutes from 0 to 600"
  must DAY_SUMMARY_TIME '([01][0-9]|2[0-3]):[0-5][0-9]' "a time like 22:00"
  must REMINDER_TIME '([01][0-9]|2[0-3]):[0-5][0-9]' "a time like 18:00"
  for name in SMTP_PORT MAIL_PER_MINUTE BACKEND_PORT BACKENDS REQUESTS_PER_SECOND CONNECTIONS_PER_ADDRESS; do
    must "$name" '[1-9][0-9]{0,4}' "a number"
  done
  [ "$missing" = 0 ] || exit 1
}

# running SERVICE: the ids of its running containers, one per line.
running() {
  local id
  for id in $("${compose[@]}" ps -q "$1"); do
    [ "$(docker inspect -f '{{.State.Running}}' "$id")" = true ] && printf '%s\n' "$id"
  done
  return 0
}

# health CONTAINER: starting, healthy, unhealthy, or gone; gone too when it starts again and again.
health() {
  docker inspect -f '{{if gt .RestartCount 3}}gone{{else if .State.Restarting}}starting{{else if not .State.Running}}gone{{else if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}' "$1" 2>/dev/null ||
    echo gone
}

# wait_healthy SECONDS CONTAINER...: returns 1 when one of them is unhealthy or gone, or the time has passed.
wait_healthy() {
  local until=$((SECONDS + $1)) id state waiting; shift
  while :; do
    waiting=
    for id in "$@"; do
      state=$(health "$id")
      case $state in
        healthy) ;;
        starting) waiting=$id ;;
        *) say "container ${id:0:12} is $state"; return 1 ;;
      esac
    done
    [ -n "$waiting" ] || return 0
    [ "$SECONDS" -lt "$until" ] || { say "container ${waiting:0:12} is not healthy in time"; return 1; }
    sleep 1
  done
}
