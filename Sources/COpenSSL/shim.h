#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* Initialises OpenSSL. EventLoop and Crypto both call it, so that OpenSSL is set up the same way whichever comes first.
 * It does not read openssl.cnf, which may name providers that a static executable cannot load. It registers no exit
 * handler, which would free objects that running loops still use. Calling it again is cheap, so every use of OpenSSL
 * begins with it. */
static inline int copenssl_start(void) {
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

/* Starts an HMAC. It is C because the parameter keeps a pointer to the digest's name, and a string that Swift passes to
 * C lives only during one call. */
static inline int copenssl_init_hmac(EVP_MAC_CTX *context, const char *digest, const unsigned char *key,
                                     size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(context, key, count, parameters);
}

/* Makes a key of its parts and frees the list of parts. Returns NULL if a part is missing or OpenSSL refuses one. */
static inline EVP_PKEY *copenssl_make_key(const char *kind, int selection, OSSL_PARAM_BLD *parts, int is_complete) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    OSSL_PARAM *parameters = is_complete ? OSSL_PARAM_BLD_to_param(parts) : NULL;
    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &key, selection, parameters) != 1)
        key = NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(parts);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* Makes an RSA key: n and e, and for a private key d, p, q, dp, dq and qi, which otherwise are NULL. It is C because the
 * list of parts keeps pointers to their names, and a string that Swift passes to C lives only during one call. */
static inline EVP_PKEY *copenssl_make_rsa_key(const BIGNUM *n, const BIGNUM *e, const BIGNUM *d, const BIGNUM *p,
                                              const BIGNUM *q, const BIGNUM *dp, const BIGNUM *dq, const BIGNUM *qi) {
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    int is_complete = parts != NULL && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, n)
        && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, e);
    if (d != NULL)
        is_complete = is_complete && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_D, d)
            && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_FACTOR1, p)
            && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_FACTOR2, q)
            && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_EXPONENT1, dp)
            && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_EXPONENT2, dq)
            && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi);
    return copenssl_make_key("RSA", d != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parts, is_complete);
}

/* Makes a key on a named curve: the point, and for a private key its number, which otherwise is NULL. It is C for the
 * same reason. */
static inline EVP_PKEY *copenssl_make_ec_key(const char *curve, const unsigned char *point, size_t count,
                                             const BIGNUM *secret) {
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    int is_complete = parts != NULL && OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0)
        && OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, point, count)
        && (secret == NULL || OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_PRIV_KEY, secret));
    return copenssl_make_key("EC", secret != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parts, is_complete);
}

/* Makes the settings that every context needs. It is C because they are macros, which Swift does not see. It sets TLS
 * 1.2 as the minimum, because OpenSSL has no minimum unless openssl.cnf names one. */
static inline void copenssl_set_up(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE
                              | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/* A macro in OpenSSL. Appends a certificate to the chain that a server sends. */
static inline int copenssl_add_to_chain(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

/* A macro in OpenSSL. Sets the server name that a client sends (SNI). */
static inline int copenssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

/* A macro in OpenSSL. Points to the bytes in a memory BIO, valid until it is written to or reset. */
static inline long copenssl_bytes(BIO *bio, const char **bytes) {
    return BIO_get_mem_data(bio, bytes);
}

/* A macro in OpenSSL. Empties a memory BIO. */
static inline void copenssl_empty(BIO *bio) {
    (void)BIO_reset(bio);
}

/* A macro in OpenSSL. The number of bytes in a memory BIO. */
static inline int copenssl_pending(BIO *bio) {
    return BIO_pending(bio);
}
