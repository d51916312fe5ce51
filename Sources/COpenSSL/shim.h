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

/* Here because a parameter keeps a pointer to its name, which Swift would pass as a string that is gone by then. */
static inline int copenssl_init_hmac(EVP_MAC_CTX *context, const char *digest, const unsigned char *key,
                                     size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(context, key, count, parameters);
}

/* The settings that every context needs. Here because they are macros, which Swift does not see. TLS 1.2 is set as the
 * minimum because OpenSSL has none unless openssl.cnf names one. */
static inline void copenssl_set_up(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE
                              | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/* A macro: the next certificate of the chain that a server sends. */
static inline int copenssl_add_to_chain(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

/* A macro: the name that a client says it wants (SNI). */
static inline int copenssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

/* A macro: the bytes in a memory BIO, until it is written to or reset. */
static inline long copenssl_bytes(BIO *bio, const char **bytes) {
    return BIO_get_mem_data(bio, bytes);
}

/* A macro: empties a memory BIO. */
static inline void copenssl_empty(BIO *bio) {
    (void)BIO_reset(bio);
}

/* A macro: how many bytes are in a memory BIO. */
static inline int copenssl_pending(BIO *bio) {
    return BIO_pending(bio);
}
