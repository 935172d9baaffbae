# The worker image: what the web has, plus Pango and a Chinese font for labels and lists.
FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN apt-get update && apt-get install -y --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock
COPY server/ server/
COPY workers/ workers/
COPY sync/ sync/
COPY print/ print/
RUN useradd --system --uid 10001 --home /app zhongshu && mkdir -p /keys /data && chown 10001 /keys /data
USER 10001
ENTRYPOINT ["python", "-m", "server"]
CMD ["worker"]
