/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_DECODE_QUIC_BUILD_H
#define TESTS_UNIT_DECODE_QUIC_BUILD_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>

#include "hello_build.h"

/* Initial packets for tests: the encrypting side, by libcrypto's own HKDF. */

struct quic_plan {
    unsigned version; /* 1 or 2 */
    const char *dcid; /* octets, not shown: eight of the RFCs' example where NULL */
    size_t dcid_length;
    const char *key_dcid; /* whose keys are used where it is not the packet's own; eight octets */
    const char *scid;
    size_t token; /* octets of one */
    uint32_t number;
    unsigned number_length; /* 1..4; 0: 4 */
    bool server;            /* protected as a server does */
    size_t padding;         /* PADDING up to so many octets of payload */
    int length_more;        /* added to the length field */
};

#define EXAMPLE_DCID "\x83\x94\xc8\xf0\x3e\x51\x57\x08"

static inline void kdf(int mode, const void *key, size_t key_length, const void *salt,
    size_t salt_length, const void *info, size_t info_length, uint8_t *out, size_t length)
{
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(hkdf);
    OSSL_PARAM parameters[6], *at = parameters;
    *at++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
    *at++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0);
    *at++ =
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key, key_length);
    if (salt_length > 0)
        *at++ = OSSL_PARAM_construct_octet_string(
            OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt, salt_length);
    if (info_length > 0)
        *at++ = OSSL_PARAM_construct_octet_string(
            OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, info_length);
    *at = OSSL_PARAM_construct_end();
    int done = EVP_KDF_derive(context, out, length, parameters);
    assert(done == 1);
    (void)done;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
}

static inline void expand_label(
    const uint8_t secret[32], const char *label, uint8_t *out, size_t length)
{
    uint8_t info[64];
    size_t used = (size_t)snprintf((char *)info + 3, sizeof info - 3, "tls13 %s", label);
    put16(info, length);
    info[2] = (uint8_t)used;
    info[3 + used] = 0;
    kdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, secret, 32, NULL, 0, info, used + 4, out, length);
}

static inline void seal(const uint8_t key[16], const uint8_t iv[12], const uint8_t *header,
    size_t header_length, const uint8_t *plain, size_t length, uint8_t *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written;
    EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), key, iv, NULL);
    EVP_EncryptUpdate(context, NULL, &written, header, (int)header_length);
    EVP_EncryptUpdate(context, out, &written, plain, (int)length);
    EVP_EncryptFinal_ex(context, out + length, &written);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out + length);
    EVP_CIPHER_CTX_free(context);
}

static inline void ecb(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written;
    EVP_EncryptInit_ex2(context, EVP_aes_128_ecb(), key, NULL, NULL);
    EVP_EncryptUpdate(context, out, &written, in, 16);
    EVP_CIPHER_CTX_free(context);
}

static inline void append_varint(struct bytes *bytes, uint64_t value)
{
    uint8_t octets[4];
    put32(octets, (uint32_t)value | 0x80000000U);
    if (value < 64)
        append(bytes, &(uint8_t){(uint8_t)value}, 1);
    else if (value < 16384)
        append16(bytes, (size_t)value | 0x4000);
    else
        append(bytes, octets, 4);
}

static inline void append_crypto(
    struct bytes *frames, uint64_t offset, const void *octets, size_t length)
{
    append(frames, "\6", 1);
    append_varint(frames, offset);
    append_varint(frames, length);
    append(frames, octets, length);
}

/* The packet that carries frames, appended; they get their padding. */
static inline void append_initial(
    struct bytes *bytes, struct bytes *frames, const struct quic_plan *plan)
{
    static const char salts[2][21] = {
        "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
        "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"};
    static const uint8_t zeros[2000];
    const char *dcid = plan->dcid ? plan->dcid : EXAMPLE_DCID;
    size_t dcid_length = plan->dcid ? plan->dcid_length : 8;
    unsigned number_length = plan->number_length ? plan->number_length : 4;
    bool second = plan->version == 2;
    uint8_t secret[32], key[16], iv[12], hp[16], mask[16], number[4];

    if (bytes_length(frames) < plan->padding)
        append(frames, zeros, plan->padding - bytes_length(frames));
    kdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, plan->key_dcid ? plan->key_dcid : dcid,
        plan->key_dcid ? 8 : dcid_length, salts[second], 20, NULL, 0, secret, 32);
    expand_label(secret, plan->server ? "server in" : "client in", secret, 32);
    expand_label(secret, second ? "quicv2 key" : "quic key", key, 16);
    expand_label(secret, second ? "quicv2 iv" : "quic iv", iv, 12);
    expand_label(secret, second ? "quicv2 hp" : "quic hp", hp, 16);

    size_t start = bytes->end, length = bytes_length(frames);
    append(bytes, &(uint8_t){(uint8_t)(0xC0 | (second ? 0x10 : 0) | (number_length - 1))}, 1);
    append(bytes, second ? "\x6b\x33\x43\xcf" : "\0\0\0\1", 4);
    append(bytes, &(uint8_t){(uint8_t)dcid_length}, 1);
    append(bytes, dcid, dcid_length);
    append(bytes, &(uint8_t){(uint8_t)(plan->scid ? strlen(plan->scid) : 0)}, 1);
    append(bytes, plan->scid, plan->scid ? strlen(plan->scid) : 0);
    append_varint(bytes, plan->token);
    append_filler(bytes, plan->token);
    append16(bytes, (number_length + length + 16 + (size_t)plan->length_more) | 0x4000);
    size_t number_at = bytes->end;
    put32(number, plan->number);
    append(bytes, number + 4 - number_length, number_length);
    for (size_t i = 0; i < 4; i++)
        iv[8 + i] ^= number[i];
    uint8_t *payload = bytes->octets + bytes->end;
    append(bytes, zeros, 16); /* for the tag */
    append(bytes, bytes_at(frames), length);
    seal(key, iv, bytes->octets + start, payload - (bytes->octets + start), bytes_at(frames),
        length, payload);
    ecb(hp, bytes->octets + number_at + 4, mask);
    bytes->octets[start] ^= mask[0] & 0x0F;
    for (size_t i = 0; i < number_length; i++)
        bytes->octets[number_at + i] ^= mask[1 + i];
}

#endif
