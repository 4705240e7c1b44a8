/* eth_rpc.c: JSON-RPC to an Ethereum node: requests are written, answers read. */
#include "billing/eth_rpc.h"
#include "common/text.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* keccak256("Transfer(address,address,uint256)"), ERC-20 */
#define TRANSFER "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"

#define WORD_CAP 67 /* 32 bytes as "0x…" */

char *eth_request(unsigned id, const char *method, json_t *params)
{
    json_t *request =
        json_pack("{s:s,s:i,s:s,s:o}", "jsonrpc", "2.0", "id", (int)id, "method", method, "params", params);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    return text;
}

json_t *eth_params_none(void)
{
    return json_array();
}

static void quantity_text(uint64_t value, char out[24])
{
    snprintf(out, 24, "0x%llx", (unsigned long long)value);
}

json_t *eth_params_block(uint64_t number)
{
    char text[24];
    quantity_text(number, text);
    return json_pack("[sb]", text, 0);
}

/* An address as a topic: 12 zero bytes before it. */
static json_t *topic_of(const struct ethaddr *a)
{
    char text[ETHADDR_TEXT_CAP], topic[WORD_CAP];
    snprintf(topic, sizeof topic, "0x%024d%s", 0, ethaddr_lower(a, text) + 2);
    return json_string(topic);
}

json_t *eth_params_logs(const struct eth_log_filter *filter)
{
    char first[24], last[24], token[ETHADDR_TEXT_CAP];
    json_t *to = json_array();
    for (size_t i = 0; to && i < filter->n_to; i++) {
        if (json_array_append_new(to, topic_of(&filter->to[i]))) {
            json_decref(to);
            return NULL;
        }
    }
    if (filter->block)
        return json_pack("[{s:s,s:s,s:[s,n,o]}]", "blockHash", filter->block->text, "address",
                         ethaddr_lower(&filter->token, token), "topics", TRANSFER, to);
    quantity_text(filter->first, first);
    quantity_text(filter->last, last);
    return json_pack("[{s:s,s:s,s:s,s:[s,n,o]}]", "fromBlock", first, "toBlock", last, "address",
                     ethaddr_lower(&filter->token, token), "topics", TRANSFER, to);
}

struct bytes eth_transfer_topic(void)
{
    static const uint8_t topic[] = {0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0,
                                    0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4,
                                    0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef};
    return bytes_of(topic, sizeof topic);
}

json_t *eth_params_all_logs(const struct eth_hash *block)
{
    return json_pack("[{s:s}]", "blockHash", block->text);
}

static void message_copy(const json_t *error, char why[ETH_WHY_CAP])
{
    const char *message = json_string_value(json_object_get(error, "message"));
    snprintf(why, ETH_WHY_CAP, "%s", message && *message ? message : "the node answered with an error");
}

enum err eth_result(struct bytes body, unsigned id, json_t **root, const json_t **result, char why[ETH_WHY_CAP])
{
    json_t *answer = json_loadb((const char *)body.p, body.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *its_id = json_object_get(answer, "id"), *error = json_object_get(answer, "error");
    enum err e = OK;
    if (error && !json_is_null(error)) {
        message_copy(error, why);
        e = ERR_DENIED;
    } else if (!json_is_integer(its_id) || json_integer_value(its_id) != id || !json_object_get(answer, "result")) {
        snprintf(why, ETH_WHY_CAP, "not an answer to what was asked");
        e = ERR_SYNTAX;
    }
    if (e) {
        json_decref(answer);
        return e;
    }
    *root = answer;
    *result = json_object_get(answer, "result");
    return OK;
}

enum err eth_quantity(const json_t *value, uint64_t *out)
{
    const char *text = json_string_value(value);
    if (!text || strncmp(text, "0x", 2) != 0 || !text[2] || strlen(text) > 18)
        return ERR_SYNTAX;
    uint64_t v = 0;
    for (const char *p = text + 2; *p; p++) {
        int digit = text_hex_digit((uint8_t)*p);
        if (digit < 0)
            return ERR_SYNTAX;
        v = v << 4 | (unsigned)digit;
    }
    if (v > INT64_MAX)
        return ERR_SYNTAX;
    *out = v;
    return OK;
}

/* 32 bytes as lower-case text. */
static enum err word_read(const json_t *value, char out[WORD_CAP])
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) != WORD_CAP - 1 || strncmp(text, "0x", 2) != 0)
        return ERR_SYNTAX;
    for (unsigned i = 2; i < WORD_CAP - 1; i++)
        if (text_hex_digit((uint8_t)text[i]) < 0)
            return ERR_SYNTAX;
    for (unsigned i = 0; i < WORD_CAP; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    return OK;
}

enum err eth_block(const json_t *value, struct eth_block *out)
{
    struct eth_block b = {0};
    const json_t *parent = json_object_get(value, "parentHash"), *bloom = json_object_get(value, "logsBloom");
    if (json_is_null(value))
        return ERR_NOT_FOUND;
    if (eth_quantity(json_object_get(value, "number"), &b.number) ||
        eth_quantity(json_object_get(value, "timestamp"), &b.timestamp) ||
        word_read(json_object_get(value, "hash"), b.hash.text) || (parent && word_read(parent, b.parent.text)))
        return ERR_SYNTAX;
    b.has_bloom = bloom && !json_is_null(bloom);
    if (b.has_bloom && bloom_read(bloom, &b.bloom))
        return ERR_SYNTAX;
    *out = b;
    return OK;
}

static enum err amount_read(const json_t *value, uint64_t *out)
{
    char word[WORD_CAP];
    enum err e = word_read(value, word);
    if (e)
        return e;
    size_t zeros = strspn(word + 2, "0");
    uint64_t amount = zeros < 64 - 15 ? ETH_AMOUNT_MAX : strtoull(word + 2 + zeros, NULL, 16);
    *out = amount < ETH_AMOUNT_MAX ? amount : ETH_AMOUNT_MAX;
    return OK;
}

static enum err recipient_read(const json_t *topic, struct ethaddr *out)
{
    char word[WORD_CAP], text[ETHADDR_TEXT_CAP];
    enum err e = word_read(topic, word);
    if (e)
        return e;
    if (strspn(word + 2, "0") < 24)
        return ERR_NOT_FOUND; /* more than an address */
    snprintf(text, sizeof text, "0x%s", word + 2 + 24);
    return ethaddr_read(text, out);
}

/* topics: the event, from, to; anything else is another event. */
static enum err topics_read(const json_t *topics, struct ethaddr *to)
{
    char event[WORD_CAP];
    if (!json_is_array(topics))
        return ERR_SYNTAX;
    if (json_array_size(topics) != 3)
        return ERR_NOT_FOUND;
    enum err e = word_read(json_array_get(topics, 0), event);
    if (!e && strcmp(event, TRANSFER) != 0)
        e = ERR_NOT_FOUND;
    return e ? e : recipient_read(json_array_get(topics, 2), to);
}

static enum err bytes_add(const json_t *value, size_t len, struct bloom *b)
{
    const char *text = json_string_value(value);
    uint8_t bytes[32];
    if (!text || strlen(text) != 2 + 2 * len || strncmp(text, "0x", 2) != 0)
        return ERR_SYNTAX;
    for (size_t i = 0; i < len; i++) {
        int high = text_hex_digit((uint8_t)text[2 + 2 * i]), low = text_hex_digit((uint8_t)text[3 + 2 * i]);
        if (high < 0 || low < 0)
            return ERR_SYNTAX;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    struct bloom_key key = bloom_key(bytes_of(bytes, len));
    bloom_add(b, &key);
    return OK;
}

enum err eth_log_bloom(const json_t *log, struct bloom *b)
{
    const json_t *topics = json_object_get(log, "topics");
    enum err e = json_is_array(topics) ? bytes_add(json_object_get(log, "address"), ETHADDR_LEN, b) : ERR_SYNTAX;
    for (size_t i = 0; i < json_array_size(topics) && !e; i++)
        e = bytes_add(json_array_get(topics, i), 32, b);
    return e;
}

enum err eth_transfer(const json_t *value, struct eth_transfer *out)
{
    struct eth_transfer t = {.is_removed = json_is_true(json_object_get(value, "removed"))};
    const char *token = json_string_value(json_object_get(value, "address"));
    if (!token || ethaddr_read(token, &t.token) || eth_quantity(json_object_get(value, "blockNumber"), &t.block) ||
        eth_quantity(json_object_get(value, "logIndex"), &t.log_index) ||
        word_read(json_object_get(value, "blockHash"), t.block_hash.text) ||
        word_read(json_object_get(value, "transactionHash"), t.tx.text))
        return ERR_SYNTAX;
    enum err e = topics_read(json_object_get(value, "topics"), &t.to);
    if (!e)
        e = amount_read(json_object_get(value, "data"), &t.amount);
    if (!e)
        *out = t;
    return e;
}
