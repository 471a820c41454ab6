#!/bin/sh
# Makes the secrets of a deployment in deploy/secrets, those that are not there yet.
#
# Give sftp_client_key.pub to the source systems. All other passwords and keys are made up by
# the service `init` and lie in the volume `state`; back that up: without its research key,
# students get other keys in a rebuilt warehouse.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

for name in postgres_password redis_password; do
    # Without a line end: it would be taken for a part of the password.
    [ -e "secrets/$name" ] || head -c 32 /dev/urandom | base64 | tr -d '+/=\n' > "secrets/$name"
done
[ -e secrets/sftp_client_key ] || ssh-keygen -q -t ed25519 -N '' -C elevate -f secrets/sftp_client_key
# Identity for a landing in an object store, in the form of `aws configure`; empty for a landing on this machine.
[ -e secrets/aws_credentials ] || : > secrets/aws_credentials

# The folder is closed to others; the files must be readable for the containers' own users.
chmod 700 secrets
chmod 444 secrets/*
echo "The secrets are in $(pwd)/secrets."
