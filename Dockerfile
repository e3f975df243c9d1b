# One image for the marketplace and for Dagster: they differ in the command only.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends make git nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock requirements.in requirements-dev.in pyproject.toml README.md Makefile package.json package-lock.json .npmrc ./
COPY scripts scripts
COPY confinement confinement
COPY contracts contracts
COPY data_products data_products
COPY dbt_project dbt_project
COPY marketplace marketplace
COPY orchestration orchestration
COPY sample_sources sample_sources
RUN make setup
RUN useradd --system --home-dir /app --shell /usr/sbin/nologin marketplace && mkdir -p /data && chown -R marketplace /data /app/dbt_project
USER marketplace
ENV MARKETPLACE_HOME=/data PATH=/app/.venv/bin:$PATH
EXPOSE 8000
CMD ["marketplace", "serve"]
