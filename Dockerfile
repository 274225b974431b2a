# The bot and its migrations, on the locked packages. The working directory holds what is kept:
# config.yaml, and with SQLite the database and the key.
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app \
    OFFHOURS_LOG__FORMAT=json

COPY requirements.lock /app/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /app/requirements.lock

COPY migrations /app/migrations
COPY bot /app/bot

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin offhours \
    && install -d -o offhours /data
USER offhours
WORKDIR /data
VOLUME /data
EXPOSE 3000

HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ.get('OFFHOURS_SERVER__PORT', '3000') + '/healthz', timeout=3)"]

# `docker run … check`, `… migrate` and every other command of `offhours` work the same way.
ENTRYPOINT ["python", "-m", "bot"]
CMD ["serve"]
