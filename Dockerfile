# One image for all processes; docker-compose.yml chooses the process of each container. The image contains no token,
# key or data.

FROM python:3.13-slim AS build
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE config.yaml ./
COPY bot bot
COPY workers workers
RUN python -m venv /opt/paperboy \
    && PIP_CONSTRAINT=constraints.txt /opt/paperboy/bin/pip install --no-cache-dir '.[postgres]'

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/paperboy paperboy \
    && mkdir /var/lib/paperboy/data \
    && chown paperboy:paperboy /var/lib/paperboy/data
COPY --from=build /opt/paperboy /opt/paperboy
ENV PATH=/opt/paperboy/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /var/lib/paperboy
VOLUME /var/lib/paperboy/data
ENTRYPOINT ["paperboy"]
CMD ["run"]
