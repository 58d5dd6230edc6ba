# syntax=docker/dockerfile:1
# One image per service, `docker build --target gateway .` and so on. Dependencies are built in a layer of their own that
# stays until Cargo.lock changes (cargo-chef).

FROM rust:1.95-bookworm AS chef
RUN cargo install cargo-chef --locked
WORKDIR /src

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=plan /src/recipe.json recipe.json
RUN cargo chef cook --profile production --workspace --bins --recipe-path recipe.json \
    && cargo chef cook --profile gateway --package gateway --recipe-path recipe.json
COPY . .
# The gateway has a profile of its own (ADR 3).
RUN cargo build --profile production --workspace --exclude gateway --bins --locked \
    && cargo build --profile gateway --package gateway --locked

FROM debian:bookworm-slim AS runtime
# curl asks for health; certificates are for payment providers and object stores.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    # A new volume takes its mode from here, so any user that compose chooses can write into it.
    && install --directory --mode 1777 /var/lib/lendery
WORKDIR /var/lib/lendery
USER 10001:10001
STOPSIGNAL SIGTERM

FROM runtime AS gateway
COPY --from=build /src/target/gateway/gateway /usr/local/bin/
ENTRYPOINT ["gateway"]

FROM runtime AS user-service
COPY --from=build /src/target/production/user-service /usr/local/bin/
ENTRYPOINT ["user-service"]

FROM runtime AS inventory-service
COPY --from=build /src/target/production/inventory-service /usr/local/bin/
ENTRYPOINT ["inventory-service"]

FROM runtime AS order-service
COPY --from=build /src/target/production/order-service /usr/local/bin/
ENTRYPOINT ["order-service"]

FROM runtime AS payment-service
COPY --from=build /src/target/production/payment-service /usr/local/bin/
ENTRYPOINT ["payment-service"]

FROM runtime AS web
COPY --from=build /src/target/production/web /usr/local/bin/
ENTRYPOINT ["web"]

FROM runtime AS etl
COPY --from=build /src/target/production/etl /usr/local/bin/
ENTRYPOINT ["etl"]

# Everything in one process, for a single machine: `docker run -p 8080:8080 -v lendery:/var/lib/lendery …`.
FROM runtime AS lendery
COPY --from=build /src/target/production/lendery /usr/local/bin/
ENV LENDERY_DATA_DIR=/var/lib/lendery/data LENDERY_LISTEN=0.0.0.0:8080
ENTRYPOINT ["lendery"]
CMD ["up"]
