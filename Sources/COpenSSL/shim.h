#pragma once
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* Here so that both floors that use OpenSSL start it alike, whichever is first: without openssl.cnf, which may name
 * providers that a static executable cannot load, and without a handler of exit(), which would free what loops that
 * still run are using. Cheap to call again, so every way into OpenSSL begins with it. */
static inline int copenssl_start(void) {
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}
