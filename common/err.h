/* err.h: what can go wrong, in one small set. It grows when a caller would act on the difference. */
#pragma once

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a)           (sizeof(a) / sizeof((a)[0]))

enum err {
    OK = 0,
    ERR_SHORT,  /* the input ended inside a value */
    ERR_SYNTAX, /* the input breaks its grammar */
    ERR_AUTH,   /* a signature, MAC or credential is wrong */
    ERR_REPLAY, /* seen before */
    ERR_FULL,   /* a bound is reached */
    ERR_NOMEM,
    ERR_STATE, /* not now */
    ERR_NOT_FOUND,
    ERR_DENIED,
    ERR_UNSUPPORTED,
    ERR_IO,
};

const char *err_name(enum err e); /* "short", "syntax", …: for logs and counters */
