# The web, dispatcher, mover, scheduler and migration image: server and sync, with the built PWA. No WeasyPrint libraries.
FROM node:20-bookworm-slim AS pwa
WORKDIR /src/pwa
COPY pwa/package.json pwa/package-lock.json pwa/.npmrc ./
RUN npm install -g npm@11 && npm ci --no-audit --no-fund
COPY pwa/ ./
RUN npm run -s build

FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock
COPY server/ server/
COPY workers/ workers/
COPY sync/ sync/
COPY print/ print/
COPY --from=pwa /src/pwa/dist pwa/dist
RUN useradd --system --uid 10001 --home /app zhongshu && mkdir -p /keys /data && chown 10001 /keys /data
USER 10001
EXPOSE 8720
ENTRYPOINT ["python", "-m", "server"]
CMD ["web"]
