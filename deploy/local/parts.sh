# shellcheck shell=sh
# What production.sh starts, and how each part is told where the others are; it is read by that script.

: "${directory:?}" "${here:?}" "${BIN:?}" "${FIRST_PORT:?}"
secrets=$directory/secrets
redis_port=$((FIRST_PORT + 60))
postgres_port=$((FIRST_PORT + 80))
nats_port=$((FIRST_PORT + 81))

# Every process of Lendery in the order in which they start: name, program, offset of its port. Operations are 500 above.
parts() {
    cat <<TABLE
users-1 user-service 10
users-2 user-service 11
inventory-1 inventory-service 20
inventory-2 inventory-service 21
payments-1 payment-service 30
orders-1 order-service 40
web-1 web 50
etl-1 etl 55
gateway-1 gateway 0
gateway-2 gateway 1
TABLE
}

port_of() { echo $((FIRST_PORT + $(parts | sed -n "s/^$1 [a-z-]* //p"))); }
ops_port_of() { echo $(($(port_of "$1") + 500)); }
program_of() { parts | sed -n "s/^$1 \([a-z-]*\) .*/\1/p"; }

# All addresses of a service: each of its processes, with a comma between.
addresses_of() {
    for name in $(parts | sed -n "s/^\($1-[0-9]*\) .*/\1/p"); do
        printf 'http://127.0.0.1:%s,' "$(port_of "$name")"
    done | sed 's/,$//'
}

redis_urls() {
    for offset in 0 1 2 3 4 5; do
        printf 'redis://127.0.0.1:%s,' $((redis_port + offset))
    done | sed 's/,$//'
}

# The settings of a process as variables, one a line.
settings_of() {
    nats=nats://127.0.0.1:$nats_port
    case "$1" in
    users-*)
        prefix=LENDERY_USERS
        echo "LENDERY_USERS_REDIS_URLS=$(redis_urls)"
        ;;
    inventory-*)
        prefix=LENDERY_INVENTORY
        echo "LENDERY_INVENTORY_PHOTOS=$directory/photos"
        echo "LENDERY_INVENTORY_NATS_URL=$nats"
        ;;
    payments-*)
        prefix=LENDERY_PAYMENTS
        echo "LENDERY_PAYMENTS_TEST=true"
        echo "LENDERY_PAYMENTS_NATS_URL=$nats"
        ;;
    orders-*)
        prefix=LENDERY_ORDERS
        echo "LENDERY_ORDERS_INVENTORY_URL=$(addresses_of inventory)"
        echo "LENDERY_ORDERS_PAYMENTS_URL=$(addresses_of payments)"
        echo "LENDERY_ORDERS_NATS_URL=$nats"
        ;;
    web-*)
        prefix=LENDERY_WEB
        echo "LENDERY_WEB_INVENTORY_URL=$(addresses_of inventory)"
        echo "LENDERY_WEB_ORDERS_URL=$(addresses_of orders)"
        echo "LENDERY_WEB_PAYMENTS_URL=$(addresses_of payments)"
        echo "LENDERY_WEB_WAREHOUSE_URL=$(addresses_of etl)"
        echo "LENDERY_WEB_OPERATIONS_URL=http://127.0.0.1:$(ops_port_of gateway-1)"
        echo "LENDERY_WEB_TEST_PAYMENTS=true"
        echo "LENDERY_WEB_SESSION_KEY_FILE=$secrets/session-key"
        ;;
    etl-*)
        prefix=LENDERY_ETL
        for source in users inventory orders payments; do
            echo "LENDERY_ETL_$(echo "$source" | tr a-z A-Z)_DATABASE_URL_FILE=$secrets/etl-$source-database-url"
        done
        echo "LENDERY_ETL_WAREHOUSE=$directory/warehouse"
        echo "LENDERY_ETL_PSEUDONYM_KEY_FILE=$secrets/warehouse-key"
        ;;
    gateway-*)
        prefix=LENDERY_GATEWAY
        echo "LENDERY_GATEWAY_REDIS_URLS=$(redis_urls)"
        echo "LENDERY_GATEWAY_NATS_URL=$nats"
        echo "LENDERY_GATEWAY_UPSTREAMS=$(upstreams)"
        ;;
    esac
    echo "${prefix}_LISTEN=127.0.0.1:$(port_of "$1")"
    echo "${prefix}_OPS_LISTEN=127.0.0.1:$(ops_port_of "$1")"
    case "$1" in
    users-* | inventory-* | orders-* | payments-* | etl-* | gateway-*)
        echo "${prefix}_SERVICE_CREDENTIALS_PATH=$secrets/service-credential"
        ;;
    esac
    case "$1" in
    users-* | inventory-* | orders-* | payments-* | etl-*)
        echo "${prefix}_DATABASE_URL_FILE=$secrets/${1%-*}-database-url"
        ;;
    esac
    case "$1" in
    inventory-* | orders-* | payments-* | web-* | etl-*) echo "${prefix}_USERS_URL=$(addresses_of users)" ;;
    esac
}

upstreams() {
    for service in users inventory orders payments web; do
        printf '%s=%s,' "$service" "$(addresses_of "$service")"
    done
    printf 'warehouse=%s' "$(addresses_of etl)"
}
