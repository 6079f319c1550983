# The images of an installation, one stage each: nginx, redis, database, frontend, backend. docker-compose.yml builds
# them; `go tool encore build docker` makes the last two without Docker. Neither BuildKit nor anything on the machine is
# needed: npm packages and Go modules are those of the lock files.

FROM nginx:1.30.4 AS nginx
# Named volumes take their owner from these folders.
RUN install -d -o 101 -g 101 /etc/letsencrypt /var/www/acme && install -d -o 101 -g 101 -m 0700 /var/lib/trottoir-nginx
COPY nginx/ /etc/trottoir/nginx/
USER 101:101
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/etc/trottoir/nginx/entry"]
CMD ["run"]

FROM redis:7.4.9 AS redis
RUN chown 999:999 /data
USER 999:999

FROM postgres:17.10-bookworm AS database
COPY infra/database/gosu /usr/local/bin/gosu
RUN install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data \
  && install -d -o postgres -g postgres -m 2775 /var/run/postgresql
USER postgres

FROM node:22.22.0-bookworm-slim AS web
WORKDIR /src/frontend-proxy/web
ENV PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
COPY frontend-proxy/web/package.json frontend-proxy/web/package-lock.json ./
# Not `npm ci`: it refuses a lock file that leaves out the optional binaries of other platforms.
RUN npm install --no-save --no-audit --no-fund --loglevel=error
COPY frontend-proxy/web/ ./
RUN npm run build

FROM golang:1.26.4 AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
COPY go.mod go.sum ./
COPY tools/encore/stock/go.mod tools/encore/stock/
COPY tools/encore/runtime/go.mod tools/encore/runtime/go.sum tools/encore/runtime/
RUN go mod download && cd tools/encore/runtime && go mod download
# The tool by itself, so that a change of the application does not compile it anew.
COPY tools/ tools/
RUN go tool encore version
COPY . .
COPY --from=web /src/frontend-proxy/dist/ frontend-proxy/dist/
# The commit that the programs tell as their own; there is no .git here.
ARG REVISION=
RUN go tool encore build docker --skip-hooks --revision="$REVISION" --services=frontend-proxy \
      --config=infra/frontend.json --rootfs=/out/frontend \
  && go tool encore build docker --skip-hooks --revision="$REVISION" --services=auth,core,audit,mail,export,realtime,docs \
      --config=infra/backend.json --rootfs=/out/backend \
  # What belongs to the programs' user is copied by itself; the folder around it keeps its mode.
  && for image in frontend backend; do mkdir -p "/out/$image-owned" && mv "/out/$image/data" "/out/$image-owned/"; done

FROM scratch AS frontend
COPY --from=build /out/frontend/ /
COPY --from=build --chown=65532:65532 /out/frontend-owned/ /
USER 65532:65532
ENV ENCORE_INFRA_CONFIG_PATH=/encore/infra.config.json PORT=3000
ARG REVISION=
LABEL org.opencontainers.image.revision="$REVISION"
EXPOSE 3000 9464
ENTRYPOINT ["/artifacts/server"]

FROM scratch AS backend
COPY --from=build /out/backend/ /
COPY --from=build --chown=65532:65532 /out/backend-owned/ /
USER 65532:65532
ENV ENCORE_INFRA_CONFIG_PATH=/encore/infra.config.json PORT=8000
ARG REVISION=
LABEL org.opencontainers.image.revision="$REVISION"
EXPOSE 8000 9464
ENTRYPOINT ["/artifacts/server"]
