/* openssl.h: include this before any <openssl/…>: OpenSSL has a type called ERR_STATE, and we have a value. */
#pragma once
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/types.h>
#include <openssl/err.h>
#undef ERR_STATE
