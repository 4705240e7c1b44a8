/* sdp_parse.c: lines, the session part, the transport, and the checks that concern more than one line. */
#include "sdp/sdp_parse_priv.h"

#include <stdarg.h>
#include <stdio.h>

enum err parse_fail(struct parse *p, enum err e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(p->why->text, sizeof p->why->text, fmt, args);
    va_end(args);
    return e;
}

unsigned parse_media_index(const struct parse *p)
{
    return p->media ? (unsigned)(p->media - p->out->media) : 0;
}

static struct sdp_transport_in *transport_here(struct parse *p)
{
    return p->media ? &p->here : &p->session;
}

static bool is_ice_text(struct bytes b, size_t min)
{
    return b.len >= min &&
           text_is_made_of(b, "+/=-_", 256); /* '=', '-' and '_' aren't ice-chars, but are seen in use */
}

static enum err parse_ufrag(struct parse *p, struct bytes value)
{
    if (!is_ice_text(value, 4))
        return parse_fail(p, ERR_SYNTAX, "a=ice-ufrag is not 4 to 256 ice-chars");
    transport_here(p)->ufrag = value;
    return OK;
}

static enum err parse_pwd(struct parse *p, struct bytes value)
{
    if (!is_ice_text(value, 22))
        return parse_fail(p, ERR_SYNTAX, "a=ice-pwd is not 22 to 256 ice-chars");
    transport_here(p)->pwd = value;
    return OK;
}

static enum err parse_setup(struct parse *p, struct bytes value)
{
    static const char *const names[] = {[SDP_ACTPASS] = "actpass", [SDP_ACTIVE] = "active", [SDP_PASSIVE] = "passive"};
    for (unsigned i = SDP_ACTPASS; i < ARRAY_LEN(names); i++)
        if (text_is(value, names[i])) {
            transport_here(p)->setup = (enum sdp_setup)i;
            return OK;
        }
    return parse_fail(p, ERR_UNSUPPORTED, "a=setup is not actpass, active or passive");
}

static bool read_digest(struct bytes hex, struct sdp_fingerprint *f)
{
    for (size_t i = 0; i + 1 < hex.len; i += 3) {
        int hi = text_hex_digit(hex.p[i]), lo = text_hex_digit(hex.p[i + 1]);
        bool more = i + 2 < hex.len;
        if (hi < 0 || lo < 0 || f->len == sizeof f->digest || (more && hex.p[i + 2] != ':'))
            return false;
        f->digest[f->len++] = (uint8_t)(hi << 4 | lo);
    }
    return hex.len % 3 == 2;
}

/* RFC 8122 5: <hash> <AA:BB:…>. Hashes that we don't take (sha-1 and older) are skipped, as it asks. */
static enum err parse_fingerprint(struct parse *p, struct bytes value)
{
    static const struct {
        const char *name;
        unsigned len;
    } hashes[] = {
        {"sha-256", 32},
        {"sha-384", 48},
        {"sha-512", 64},
    };
    struct bytes rest = value;
    struct sdp_fingerprint f = {.algorithm = text_word(&rest)};
    struct sdp_transport_in *t = transport_here(p);
    for (unsigned i = 0; i < ARRAY_LEN(hashes); i++) {
        if (!text_is_nocase(f.algorithm, hashes[i].name))
            continue;
        if (!read_digest(rest, &f) || f.len != hashes[i].len)
            return parse_fail(p, ERR_SYNTAX, "a=fingerprint can't be read");
        if (t->n_fingerprints < SDP_FINGERPRINTS_MAX)
            t->fingerprints[t->n_fingerprints++] = f;
    }
    return OK;
}

static enum err parse_group(struct parse *p, struct bytes value)
{
    struct bytes rest = value;
    if (!text_is(text_word(&rest), "BUNDLE"))
        return OK;
    if (p->out->bundle)
        return parse_fail(p, ERR_UNSUPPORTED, "more than one BUNDLE group");
    p->out->bundle = true;
    p->group = rest;
    return OK;
}

static enum err parse_mid(struct parse *p, struct bytes value)
{
    if (!text_is_made_of(value, "!#$%&'*+-.^_`{|}~", SDP_MID_MAX)) /* a token, RFC 8866 9 */
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=mid is not 1 to %d token characters", parse_media_index(p),
                          SDP_MID_MAX);
    for (struct sdp_media *m = p->out->media; m < p->media; m++)
        if (bytes_eq(m->mid, value))
            return parse_fail(p, ERR_SYNTAX, "m-line %u: another m-line has the same a=mid", parse_media_index(p));
    p->media->mid = value;
    return OK;
}

static enum err parse_candidate(struct parse *p, struct bytes value)
{
    struct sdp *out = p->out;
    if (out->n_candidates < SDP_CANDIDATES_MAX && sdp_candidate_parse(value, &out->candidates[out->n_candidates]) == OK)
        out->n_candidates++;
    return OK;
}

static enum err parse_simulcast(struct parse *p, struct bytes value)
{
    p->simulcast = value;
    return OK;
}

/* Attributes that are a word only. */
static bool parse_flag(struct parse *p, struct bytes name)
{
    struct sdp_media *m = p->media;
    if (text_is(name, "ice-lite"))
        return p->out->ice_lite = true;
    if (text_is(name, "extmap-allow-mixed"))
        return *(m ? &m->allow_mixed : &p->out->allow_mixed) = true;
    for (unsigned d = SDP_INACTIVE; d <= SDP_SENDRECV; d++)
        if (text_is(name, sdp_dir_name((enum sdp_dir)d))) {
            *(m ? &m->dir : &p->session_dir) = (enum sdp_dir)d;
            return true;
        }
    if (!m)
        return false;
    if (text_is(name, "rtcp-mux") || text_is(name, "rtcp-mux-only"))
        return m->rtcp_mux = true;
    if (text_is(name, "rtcp-rsize"))
        return m->rtcp_rsize = true;
    if (text_is(name, "bundle-only"))
        return p->bundle_only = true;
    return false;
}

enum where { IN_SESSION = 1, IN_MEDIA = 2, ANYWHERE = 3 };

static enum err parse_attribute(struct parse *p, struct bytes line)
{
    static const struct {
        const char *name;
        enum where where;
        enum err (*read)(struct parse *p, struct bytes value);
    } attributes[] = {
        {"group", IN_SESSION, parse_group},
        {"ice-ufrag", ANYWHERE, parse_ufrag},
        {"ice-pwd", ANYWHERE, parse_pwd},
        {"fingerprint", ANYWHERE, parse_fingerprint},
        {"setup", ANYWHERE, parse_setup},
        {"extmap", ANYWHERE, parse_extmap},
        {"mid", IN_MEDIA, parse_mid},
        {"rtpmap", IN_MEDIA, parse_rtpmap},
        {"fmtp", IN_MEDIA, parse_fmtp},
        {"rtcp-fb", IN_MEDIA, parse_rtcp_fb},
        {"ssrc", IN_MEDIA, parse_ssrc},
        {"ssrc-group", IN_MEDIA, parse_ssrc_group},
        {"msid", IN_MEDIA, parse_msid},
        {"rid", IN_MEDIA, parse_rid},
        {"simulcast", IN_MEDIA, parse_simulcast},
        {"candidate", IN_MEDIA, parse_candidate},
        {"sctp-port", IN_MEDIA, parse_sctp_port},
        {"sctpmap", IN_MEDIA, parse_sctpmap},
        {"max-message-size", IN_MEDIA, parse_max_message_size},
    };
    struct bytes value = line;
    struct bytes name = text_cut(&value, ':');
    if (name.len == line.len) {
        parse_flag(p, text_trim(name));
        return OK;
    }
    for (unsigned i = 0; i < ARRAY_LEN(attributes); i++)
        if (text_is(name, attributes[i].name) && attributes[i].where & (p->media ? IN_MEDIA : IN_SESSION))
            return attributes[i].read(p, text_trim(value));
    return OK;
}

/* RFC 8866 5.14 counts a mid as a whole word of a=group. */
static bool group_has(struct bytes group, struct bytes mid)
{
    while (group.len)
        if (bytes_eq(text_word(&group), mid))
            return true;
    return false;
}

/* RFC 8843 7.1: the transport is the one of the first m-line of the group; without a group, of the first live m-line.
 */
static bool is_tagged(struct parse *p)
{
    struct bytes rest = p->group;
    if (p->out->bundle)
        return bytes_eq(text_word(&rest), p->media->mid);
    for (struct sdp_media *m = p->out->media; m < p->media; m++)
        if (!m->rejected)
            return false;
    return !p->media->rejected;
}

static void inherit(struct sdp_transport_in *t, const struct sdp_transport_in *from)
{
    if (!t->ufrag.len)
        t->ufrag = from->ufrag;
    if (!t->pwd.len)
        t->pwd = from->pwd;
    if (!t->setup)
        t->setup = from->setup;
    if (t->n_fingerprints)
        return;
    t->n_fingerprints = from->n_fingerprints;
    memcpy(t->fingerprints, from->fingerprints, sizeof t->fingerprints);
}

static enum err end_media(struct parse *p)
{
    struct sdp_media *m = p->media;
    if (!m)
        return OK;
    enum err e = parse_media_end(p);
    if (e)
        return e;
    if (m->mid.len == 0 && !m->rejected)
        return parse_fail(p, ERR_UNSUPPORTED, "m-line %u: no a=mid", parse_media_index(p));
    m->allow_mixed |= p->out->allow_mixed; /* RFC 8285 6 */
    m->bundled = !m->rejected && (!p->out->bundle || group_has(p->group, m->mid));
    if (is_tagged(p)) {
        p->out->transport = p->here;
        inherit(&p->out->transport, &p->session);
    }
    return OK;
}

static enum err begin_media(struct parse *p, struct bytes value)
{
    enum err e = end_media(p);
    if (e)
        return e;
    if (p->out->n_media == SDP_MEDIA_MAX)
        return parse_fail(p, ERR_FULL, "more than %d m-lines", SDP_MEDIA_MAX);
    p->media = &p->out->media[p->out->n_media++];
    p->here = (struct sdp_transport_in){0};
    p->simulcast = bytes_of(NULL, 0);
    p->bundle_only = false;
    return parse_media_line(p, value);
}

static enum err parse_line(struct parse *p, struct bytes line)
{
    if (line.len == 0)
        return OK;
    if (line.len < 2 || line.p[1] != '=')
        return parse_fail(p, ERR_SYNTAX, "a line is not <letter>=<value>");
    struct bytes value = text_after(line, 2);
    if (line.p[0] == 'm')
        return begin_media(p, value);
    if (line.p[0] == 'o') {
        (void)text_cut(&value, ' '); /* <username> */
        p->out->origin_id = text_cut(&value, ' ');
    }
    return line.p[0] == 'a' ? parse_attribute(p, value) : OK;
}

static enum err parse_lines(struct parse *p, struct bytes text)
{
    if (text.len > SDP_TEXT_MAX)
        return parse_fail(p, ERR_FULL, "longer than %zu bytes", SDP_TEXT_MAX);
    if (text.len < 3 || memcmp(text.p, "v=0", 3) != 0)
        return parse_fail(p, ERR_SYNTAX, "it does not begin with v=0");
    while (text.len) {
        struct bytes line = text_cut(&text, '\n');
        if (line.len && line.p[line.len - 1] == '\r')
            line.len--;
        for (size_t i = 0; i < line.len; i++)
            if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
                return parse_fail(p, ERR_SYNTAX, "a line has a control character");
        enum err e = parse_line(p, line);
        if (e)
            return e;
    }
    return end_media(p);
}

/* RFC 8843 9.1 and 9.2: what is bundled shares one space of payload types and one of extension ids. */
struct bundle_ids {
    struct bytes uri[256];
    struct bundle_pt {
        enum codec_kind codec;
        bool is_rtx;
        uint32_t clock; /* 0: not seen */
    } pts[128];
};

static enum err check_ids(struct parse *p, const struct sdp_media *m, struct bundle_ids *ids)
{
    unsigned at = (unsigned)(m - p->out->media);
    for (unsigned i = 0; i < m->n_extmaps; i++) {
        struct bytes *uri = &ids->uri[m->extmaps[i].id & 0xff];
        if (uri->len && !bytes_eq(*uri, m->extmaps[i].uri))
            return parse_fail(p, ERR_SYNTAX, "m-line %u: extension id %u means two things", at, m->extmaps[i].id);
        *uri = m->extmaps[i].uri;
    }
    for (unsigned i = 0; i < m->n_pts; i++) {
        const struct sdp_pt *f = &m->pts[i];
        struct bundle_pt *known = &ids->pts[f->pt];
        if (f->clock == 0)
            continue;
        if (known->clock && (known->clock != f->clock || known->codec != f->codec || known->is_rtx != f->is_rtx))
            return parse_fail(p, ERR_SYNTAX, "m-line %u: payload type %u means two things", at, f->pt);
        *known = (struct bundle_pt){.codec = f->codec, .is_rtx = f->is_rtx, .clock = f->clock};
    }
    return OK;
}

/* rtcp-mux and rtcp-rsize are the same for all that is bundled, and need only be in one m-line (RFC 8829 5.2.1). */
static enum err check_rtcp(struct parse *p)
{
    bool mux = false, rsize = false, rtp = false;
    for (unsigned i = 0; i < p->out->n_media; i++) {
        const struct sdp_media *m = &p->out->media[i];
        if (!m->bundled || (m->kind != SDP_AUDIO && m->kind != SDP_VIDEO))
            continue;
        rtp = true;
        mux |= m->rtcp_mux;
        rsize |= m->rtcp_rsize;
    }
    if (rtp && !mux)
        return parse_fail(p, ERR_UNSUPPORTED, "no a=rtcp-mux: RTP and RTCP must share a port");
    for (unsigned i = 0; i < p->out->n_media; i++) {
        p->out->media[i].rtcp_mux = mux;
        p->out->media[i].rtcp_rsize = rsize;
    }
    return OK;
}

static enum err check_transport(struct parse *p)
{
    const struct sdp_transport_in *t = &p->out->transport;
    struct bytes rest = p->group, tag = text_word(&rest);
    const struct sdp_media *tagged = p->out->bundle ? sdp_find_media(p->out, tag) : NULL;
    if (p->out->bundle && (!tagged || tagged->rejected))
        return parse_fail(p, ERR_SYNTAX, "the first mid of a=group:BUNDLE is no live m-line");
    if (!t->ufrag.len || !t->pwd.len)
        return parse_fail(p, ERR_SYNTAX, "no a=ice-ufrag and a=ice-pwd");
    if (!t->n_fingerprints)
        return parse_fail(p, ERR_SYNTAX, "no a=fingerprint of a hash that is safe (sha-256)");
    if (p->out->type == SDP_ANSWER && t->setup != SDP_ACTIVE && t->setup != SDP_PASSIVE)
        return parse_fail(p, ERR_SYNTAX, "an answer's a=setup is active or passive");
    return OK;
}

static enum err check(struct parse *p, struct bundle_ids *ids)
{
    unsigned live = 0;
    for (unsigned i = 0; i < p->out->n_media; i++)
        live += !p->out->media[i].rejected;
    if (live == 0)
        return parse_fail(p, ERR_SYNTAX, "no m-line that is alive");
    if (live > 1 && !p->out->bundle)
        return parse_fail(p, ERR_UNSUPPORTED, "several m-lines and no a=group:BUNDLE");
    enum err e = check_transport(p);
    for (unsigned i = 0; e == OK && i < p->out->n_media; i++)
        if (p->out->media[i].bundled)
            e = check_ids(p, &p->out->media[i], ids);
    return e ? e : check_rtcp(p);
}

enum err sdp_parse(struct bytes text, enum sdp_type type, struct sdp *out, struct sdp_error *why)
{
    struct parse p = {.out = out, .why = why, .session_dir = SDP_SENDRECV};
    struct bundle_ids ids = {0};
    memset(out, 0, sizeof *out);
    out->type = type;
    why->text[0] = '\0';
    enum err e = parse_lines(&p, text);
    return e ? e : check(&p, &ids);
}

const struct sdp_media *sdp_find_media(const struct sdp *sdp, struct bytes mid)
{
    for (unsigned i = 0; i < sdp->n_media; i++)
        if (mid.len && bytes_eq(sdp->media[i].mid, mid))
            return &sdp->media[i];
    return NULL;
}
