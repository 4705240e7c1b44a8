/* url.h: may a URL that somebody gave us be called? Read by the same parser that will call it, so that no two readings
 * differ. This looks at the text alone; where its name leads is checked when it is called (client.h). Pure. */
#pragma once
#include "common/err.h"

#define URL_LEN_MAX 2048

#define URL_ALLOW_HTTP    1u /* http:// besides https:// */
#define URL_ALLOW_PRIVATE 2u /* addresses and names that aren't on the public internet (address.h) */

/* OK, or ERR_SYNTAX (no such URL can be called) or ERR_DENIED (we don't want to), and in *why (static) what is wrong,
 * to be put after "url ": "must begin with https://". */
MUST_CHECK enum err url_check(const char *url, unsigned allow, const char **why);
