# hubgauge as an image: slim, not root, nothing to write but /var/lib/hubgauge (so `--read-only` works).
#   docker build -t hubgauge . && docker run --read-only -v ./config:/etc/hubgauge:ro -v hubgauge:/var/lib/hubgauge hubgauge
# A node agent also wants --pid=host --net=host -v /:/host:ro,rslave and `roots: {proc: /host/proc, sys: /host/sys, rootfs: /host}`.
FROM debian:12-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/hubgauge
COPY locks/runtime.lock /src/locks/runtime.lock
RUN /opt/hubgauge/bin/pip install --no-cache-dir --require-hashes -r /src/locks/runtime.lock
COPY pyproject.toml README.md LICENSE /src/
COPY agent /src/agent
COPY collectors /src/collectors
COPY dashboards /src/dashboards
COPY simulator /src/simulator
COPY docs/runbook.md /src/docs/runbook.md
COPY docs/zh/runbook.md /src/docs/zh/runbook.md
RUN /opt/hubgauge/bin/pip install --no-cache-dir --no-deps --no-build-isolation /src

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 ca-certificates ipmitool \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 65532 hubgauge \
 && useradd --system --uid 65532 --gid hubgauge --home-dir /var/lib/hubgauge --shell /usr/sbin/nologin hubgauge \
 && install -d -o hubgauge -g hubgauge -m 0750 /var/lib/hubgauge
COPY --from=build /opt/hubgauge /opt/hubgauge
ENV PATH=/opt/hubgauge/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER hubgauge
VOLUME /var/lib/hubgauge
EXPOSE 9717
HEALTHCHECK --interval=30s --timeout=5s CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9717/-/healthy', timeout=4)"]
ENTRYPOINT ["hubgauge"]
CMD ["run", "--config", "/etc/hubgauge/config.yaml"]
