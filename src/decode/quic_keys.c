/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/quic_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#define HASH 32 /* SHA-256 */
#define LABEL_MOST 20

struct quic_crypto {
    /* Of our own: the process's default one would read its configuration, and what that loads. */
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *provider;
    EVP_MAC *hmac;
    EVP_MAC_CTX *hmac_context;
    EVP_CIPHER *ecb, *gcm;
    EVP_CIPHER_CTX *ecb_context, *gcm_context;
};

static const struct {
    uint8_t salt[20];
    const char *key, *iv, *header;
} versions[] = {
    [QUIC_V1] = {{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4,
                     0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
        "quic key", "quic iv", "quic hp"},
    [QUIC_V2] = {{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e,
                     0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
        "quicv2 key", "quicv2 iv", "quicv2 hp"},
};

/* ---- HKDF (RFC 5869) ---- */

static bool hmac(struct quic_crypto *crypto, const uint8_t *key, size_t key_length,
    const uint8_t *octets, size_t length, uint8_t out[static HASH])
{
    size_t written;
    return EVP_MAC_init(crypto->hmac_context, key, key_length, NULL) == 1 &&
           EVP_MAC_update(crypto->hmac_context, octets, length) == 1 &&
           EVP_MAC_final(crypto->hmac_context, out, &written, HASH) == 1 && written == HASH;
}

/* HKDF-Expand-Label with an empty context (RFC 8446, 7.1); length is at most HASH, so that one
 * block is all. */
static bool expand(struct quic_crypto *crypto, const uint8_t secret[static HASH], const char *label,
    uint8_t *out, size_t length)
{
    static const char prefix[] = "tls13 ";
    uint8_t info[2 + 1 + sizeof prefix + LABEL_MOST + 1 + 1];
    uint8_t block[HASH];
    size_t label_length = strlen(label), at = 0;
    info[at++] = 0;
    info[at++] = (uint8_t)length;
    info[at++] = (uint8_t)(sizeof prefix - 1 + label_length);
    memcpy(info + at, prefix, sizeof prefix - 1);
    at += sizeof prefix - 1;
    memcpy(info + at, label, label_length);
    at += label_length;
    info[at++] = 0; /* no context */
    info[at++] = 1; /* the first block */
    if (!hmac(crypto, secret, HASH, info, at, block))
        return false;
    memcpy(out, block, length);
    return true;
}

bool quic_crypto_derive(struct quic_crypto *crypto, enum quic_version version, const uint8_t *dcid,
    size_t length, struct quic_keys *keys)
{
    uint8_t initial[HASH], client[HASH];
    return hmac(crypto, versions[version].salt, sizeof versions[version].salt, dcid, length,
               initial) &&
           expand(crypto, initial, "client in", client, sizeof client) &&
           expand(crypto, client, versions[version].key, keys->key, sizeof keys->key) &&
           expand(crypto, client, versions[version].iv, keys->iv, sizeof keys->iv) &&
           expand(crypto, client, versions[version].header, keys->header, sizeof keys->header);
}

/* ---- AES ---- */

bool quic_crypto_mask(struct quic_crypto *crypto, const struct quic_keys *keys,
    const uint8_t sample[static QUIC_SAMPLE], uint8_t mask[static QUIC_SAMPLE])
{
    int written;
    return EVP_EncryptInit_ex2(crypto->ecb_context, NULL, keys->header, NULL, NULL) == 1 &&
           EVP_EncryptUpdate(crypto->ecb_context, mask, &written, sample, QUIC_SAMPLE) == 1 &&
           written == QUIC_SAMPLE;
}

bool quic_crypto_open(struct quic_crypto *crypto, const struct quic_keys *keys, uint32_t number,
    const struct quic_part header[static 3], const uint8_t *sealed, size_t length,
    const uint8_t *tag, uint8_t *opened)
{
    EVP_CIPHER_CTX *context = crypto->gcm_context;
    uint8_t nonce[sizeof keys->iv], expected[QUIC_TAG];
    int written;
    memcpy(nonce, keys->iv, sizeof nonce);
    for (size_t i = 0; i < 4; i++)
        nonce[sizeof nonce - 1 - i] ^= (uint8_t)(number >> 8 * i);
    if (EVP_DecryptInit_ex2(context, NULL, keys->key, nonce, NULL) != 1)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (header[i].length > 0 && EVP_DecryptUpdate(context, NULL, &written, header[i].octets,
                                        (int)header[i].length) != 1)
            return false;
    if (length > 0 && EVP_DecryptUpdate(context, opened, &written, sealed, (int)length) != 1)
        return false;
    if (!tag)
        return true;
    memcpy(expected, tag, sizeof expected);
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof expected, expected) == 1 &&
           EVP_DecryptFinal_ex(context, opened + length, &written) == 1;
}

/* ---- beginning and end ---- */

static bool fetch(struct quic_crypto *crypto)
{
    OSSL_PARAM digest[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0), OSSL_PARAM_END};
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    crypto->library = OSSL_LIB_CTX_new();
    if (!crypto->library)
        return false;
    crypto->provider = OSSL_PROVIDER_load(crypto->library, "default");
    crypto->hmac = EVP_MAC_fetch(crypto->library, "HMAC", NULL);
    crypto->ecb = EVP_CIPHER_fetch(crypto->library, "AES-128-ECB", NULL);
    crypto->gcm = EVP_CIPHER_fetch(crypto->library, "AES-128-GCM", NULL);
    if (!crypto->provider || !crypto->hmac || !crypto->ecb || !crypto->gcm)
        return false;
    crypto->hmac_context = EVP_MAC_CTX_new(crypto->hmac);
    crypto->ecb_context = EVP_CIPHER_CTX_new();
    crypto->gcm_context = EVP_CIPHER_CTX_new();
    return crypto->hmac_context && crypto->ecb_context && crypto->gcm_context &&
           EVP_MAC_CTX_set_params(crypto->hmac_context, digest) == 1 &&
           EVP_EncryptInit_ex2(crypto->ecb_context, crypto->ecb, NULL, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(crypto->ecb_context, 0) == 1 &&
           EVP_DecryptInit_ex2(crypto->gcm_context, crypto->gcm, NULL, NULL, NULL) == 1;
}

/* Each call once, so that none of them does something for the first time later on. The tag is
 * wrong: that takes a way of its own through libcrypto. */
static bool rehearse(struct quic_crypto *crypto)
{
    static const uint8_t octets[64];
    const struct quic_part header[3] = {{octets, 1}, {octets, 20}, {octets, 4}};
    struct quic_keys keys;
    uint8_t opened[sizeof octets], mask[QUIC_SAMPLE];
    return quic_crypto_derive(crypto, QUIC_V1, octets, QUIC_DCID_MOST, &keys) &&
           quic_crypto_derive(crypto, QUIC_V2, octets, 8, &keys) &&
           quic_crypto_mask(crypto, &keys, octets, mask) &&
           quic_crypto_open(crypto, &keys, 0, header, octets, sizeof octets, NULL, opened) &&
           !quic_crypto_open(crypto, &keys, 1, header, octets, sizeof octets, octets, opened);
}

struct quic_crypto *quic_crypto_new(void)
{
    struct quic_crypto *crypto = calloc(1, sizeof *crypto);
    if (crypto && (!fetch(crypto) || !rehearse(crypto))) {
        quic_crypto_free(crypto);
        return NULL;
    }
    return crypto;
}

void quic_crypto_free(struct quic_crypto *crypto)
{
    if (!crypto)
        return;
    EVP_MAC_CTX_free(crypto->hmac_context);
    EVP_CIPHER_CTX_free(crypto->ecb_context);
    EVP_CIPHER_CTX_free(crypto->gcm_context);
    EVP_MAC_free(crypto->hmac);
    EVP_CIPHER_free(crypto->ecb);
    EVP_CIPHER_free(crypto->gcm);
    if (crypto->provider)
        OSSL_PROVIDER_unload(crypto->provider);
    OSSL_LIB_CTX_free(crypto->library);
    free(crypto);
}
