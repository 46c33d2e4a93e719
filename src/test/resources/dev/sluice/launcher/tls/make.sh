#!/bin/sh -e
# Makes the certificates and keys that the tests use, in this directory, with openssl 3. They are for localhost, and guard nothing.
cd "$(dirname "$0")"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.tmp -out ca.pem -days 36500 -subj '/CN=Sluice test CA'
pair() {
    name=$1
    shift
    openssl req -new "$@" -nodes -keyout "$name.key" -out request.tmp -subj "/CN=$name"
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > extensions.tmp
    openssl x509 -req -in request.tmp -CA ca.pem -CAkey ca.tmp -set_serial "0x$(openssl rand -hex 8)" -days 36500 \
        -extfile extensions.tmp -out "$name.tmp"
    cat "$name.tmp" ca.pem > "$name.pem"
}
pair rsa -newkey rsa:2048
pair other -newkey rsa:2048
pair ec -newkey ec -pkeyopt ec_paramgen_curve:P-256
pair p384 -newkey ec -pkeyopt ec_paramgen_curve:P-384
pair ed25519 -newkey ed25519
pair rsa-pss -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048
openssl rsa -in rsa.key -traditional -out rsa-pkcs1.key
openssl ec -in ec.key -out ec-sec1.key
openssl pkey -in rsa.key -aes256 -passout pass:secret -out rsa-encrypted.key
openssl rsa -in rsa.key -traditional -aes128 -passout pass:secret -out rsa-pkcs1-encrypted.key
rm -f ./*.tmp
