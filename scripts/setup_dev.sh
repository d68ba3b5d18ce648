#!/usr/bin/env bash
# Set a machine up to work on MasterX with MongoDB: install it, make the database and its user, run the tests.
#
#   MASTERX_MONGODB_PASSWORD=... scripts/setup_dev.sh
#
# MongoDB is installed where the system's packages offer it; else this says what to install. A server that runs on
# MASTERX_MONGODB_HOST (127.0.0.1:27017) is used as it is. Safe to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly database=masterx_quantum user=masterx
readonly host="${MASTERX_MONGODB_HOST:-127.0.0.1:27017}"
readonly set_name="${MASTERX_MONGODB_SET:-rs0}"

say() { printf '%s\n' "$*"; }
fail() { printf 'setup_dev: %s\n' "$*" >&2; exit 1; }
as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }
answers() { (exec 3<>"/dev/tcp/${host%:*}/${host#*:}") 2>/dev/null; }

[[ -n ${MASTERX_MONGODB_PASSWORD:-} ]] || fail "set MASTERX_MONGODB_PASSWORD: the user $user gets it"

install_mongodb() {
  command -v mongod >/dev/null && return
  if command -v apt-get >/dev/null && apt-cache show mongodb-org >/dev/null 2>&1; then
    as_root apt-get install --yes mongodb-org
  elif command -v dnf >/dev/null && dnf --quiet info mongodb-org >/dev/null 2>&1; then
    as_root dnf install --assumeyes mongodb-org
  elif command -v brew >/dev/null; then
    brew install mongodb/brew/mongodb-community
  else
    fail "no package of this system brings MongoDB. Install MongoDB 8.0 or newer and mongosh from
  https://www.mongodb.com/docs/manual/installation/, or start one in a container:
    docker run --detach --publish 127.0.0.1:27017:27017 mongo:8 --replSet $set_name
  then run this again."
  fi
}

start_mongodb() {
  answers && return
  local folder="$PWD/data/mongodb"
  mkdir -p "$folder"
  mongod --dbpath "$folder" --replSet "$set_name" --bind_ip 127.0.0.1 --port "${host#*:}" \
    --fork --logpath "$folder/mongod.log"
}

# The password is read from the environment: arguments of a process can be seen by everybody.
prepare_mongodb() {
  command -v mongosh >/dev/null || fail "mongosh is missing: https://www.mongodb.com/docs/mongodb-shell/install/"
  mongosh --quiet "mongodb://$host/?directConnection=true" --file scripts/setup_dev.js
}

encoded() { .venv/bin/python -c 'import os, urllib.parse as u; print(u.quote(os.environ["MASTERX_MONGODB_PASSWORD"], safe=""))'; }

if ! answers; then
  install_mongodb
  start_mongodb
fi
MASTERX_MONGODB_DATABASE="$database" MASTERX_MONGODB_USER="$user" MASTERX_MONGODB_SET="$set_name" \
  MASTERX_MONGODB_HOST="$host" prepare_mongodb
make --no-print-directory develop
MASTERX_DATABASE_URL="mongodb://$user:$(encoded)@$host/$database?replicaSet=$set_name&authSource=$database"
export MASTERX_DATABASE_URL
.venv/bin/python scripts/init_db.py
[[ ${1:-} == --no-tests ]] || make --no-print-directory test
say "Start it with:"
say "  MASTERX_DATABASE_URL='mongodb://$user:PASSWORD@$host/$database?replicaSet=$set_name&authSource=$database' make run"
