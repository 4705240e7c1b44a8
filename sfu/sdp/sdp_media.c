/* sdp_media.c: the lines of one m-line: payload types, header extensions, sources and simulcast layers. */
#include "sdp/sdp_parse_priv.h"

#define PT_NONE 0xff

/* RFC 8829 5.1.2: the profiles that mean DTLS-SRTP with feedback, or data channels. */
static bool proto_is_rtp(struct bytes proto)
{
    static const char *const names[] = {"UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP",
                                        "TCP/DTLS/RTP/SAVP", "RTP/SAVPF",          "RTP/SAVP"};
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (text_is(proto, names[i]))
            return true;
    return false;
}

static bool proto_is_data(struct bytes proto)
{
    return text_is(proto, "UDP/DTLS/SCTP") || text_is(proto, "TCP/DTLS/SCTP") || text_is(proto, "DTLS/SCTP");
}

static enum sdp_kind kind_of(struct bytes name, struct bytes proto)
{
    if (text_is(name, "audio") && proto_is_rtp(proto))
        return SDP_AUDIO;
    if (text_is(name, "video") && proto_is_rtp(proto))
        return SDP_VIDEO;
    return text_is(name, "application") && proto_is_data(proto) ? SDP_DATA : SDP_OTHER;
}

static struct sdp_pt *find_pt(struct sdp_media *m, uint64_t pt)
{
    for (unsigned i = 0; i < m->n_pts; i++)
        if (m->pts[i].pt == pt)
            return &m->pts[i];
    return NULL;
}

static enum err read_formats(struct parse *p)
{
    struct sdp_media *m = p->media;
    struct bytes rest = m->formats;
    while (rest.len) {
        uint64_t pt = 0;
        if (!text_number(text_word(&rest), 127, &pt))
            return parse_fail(p, ERR_SYNTAX, "m-line %u: a payload type is not 0 to 127", parse_media_index(p));
        if (find_pt(m, pt))
            continue;
        if (m->n_pts == SDP_PTS_MAX)
            return parse_fail(p, ERR_FULL, "m-line %u: more than %d payload types", parse_media_index(p), SDP_PTS_MAX);
        m->pts[m->n_pts++] = (struct sdp_pt){.pt = (uint8_t)pt, .channels = 1, .apt = PT_NONE};
    }
    return OK;
}

static bool is_printable(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.p[i] < ' ' || b.p[i] > '~')
            return false;
    return b.len > 0;
}

/* m=<media> <port>[/<n>] <proto> <fmt> … */
enum err parse_media_line(struct parse *p, struct bytes value)
{
    struct sdp_media *m = p->media;
    struct bytes rest = value;
    m->name = text_word(&rest);
    struct bytes port = text_word(&rest);
    m->proto = text_word(&rest);
    m->formats = text_trim(rest);
    uint64_t number = 0;
    if (!text_number(text_cut(&port, '/'), 65535, &number) || m->name.len > 32 || m->proto.len > 64 ||
        m->formats.len > 400 || !is_printable(m->name) || !is_printable(m->proto) || !is_printable(m->formats))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: its m= line can't be read", parse_media_index(p));
    m->port = (uint16_t)number;
    m->kind = kind_of(m->name, m->proto);
    m->dir = p->session_dir;
    m->max_message_size = 65536;
    return m->kind == SDP_AUDIO || m->kind == SDP_VIDEO ? read_formats(p) : OK;
}

/* <pt> <name>/<clock>[/<channels>] */
enum err parse_rtpmap(struct parse *p, struct bytes value)
{
    struct bytes rest = value;
    uint64_t pt = 0, clock = 0, channels = 1;
    if (!text_number(text_word(&rest), 127, &pt))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=rtpmap without a payload type", parse_media_index(p));
    struct sdp_pt *format = find_pt(p->media, pt);
    if (!format) /* not in the m= line: not offered */
        return OK;
    struct bytes name = text_cut(&rest, '/'), rate = text_cut(&rest, '/');
    if (name.len == 0 || !text_number(text_trim(rate), UINT32_MAX, &clock) || clock == 0 ||
        (rest.len && !text_number(text_trim(rest), 255, &channels)))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=rtpmap:%u can't be read", parse_media_index(p), (unsigned)pt);
    format->codec = codec_of_name(name);
    format->is_rtx = text_is_nocase(name, "rtx");
    format->clock = (uint32_t)clock;
    format->channels = (uint8_t)channels;
    return OK;
}

enum err parse_fmtp(struct parse *p, struct bytes value)
{
    struct bytes rest = value;
    uint64_t pt = 0, apt = PT_NONE;
    if (!text_number(text_word(&rest), 127, &pt))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=fmtp without a payload type", parse_media_index(p));
    struct sdp_pt *format = find_pt(p->media, pt);
    if (!format)
        return OK;
    format->fmtp = rest;
    if (text_number(codec_fmtp_find(rest, "apt"), 127, &apt))
        format->apt = (uint8_t)apt;
    return OK;
}

static unsigned fb_of(struct bytes value)
{
    static const struct {
        const char *text;
        enum sdp_fb fb;
    } known[] = {
        /* clang-format off */
        {"nack", SDP_FB_NACK},
        {"nack pli", SDP_FB_PLI},
        {"ccm fir", SDP_FB_FIR},
        {"goog-remb", SDP_FB_REMB},
        {"transport-cc", SDP_FB_TWCC},
        /* clang-format on */
    };
    for (unsigned i = 0; i < ARRAY_LEN(known); i++)
        if (text_is(value, known[i].text))
            return known[i].fb;
    return 0;
}

/* RFC 4585 4.2: <pt>|* <kind> [<parameter>]; kinds that we don't know are skipped */
enum err parse_rtcp_fb(struct parse *p, struct bytes value)
{
    struct bytes rest = value;
    struct bytes which = text_word(&rest);
    unsigned fb = fb_of(rest);
    uint64_t pt = 0;
    bool all = text_is(which, "*");
    if (!all && !text_number(which, 127, &pt))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=rtcp-fb without a payload type", parse_media_index(p));
    for (unsigned i = 0; i < p->media->n_pts; i++)
        if (all || p->media->pts[i].pt == pt)
            p->media->pts[i].fb = (uint8_t)(p->media->pts[i].fb | fb);
    return OK;
}

static enum sdp_dir dir_of(struct bytes word)
{
    for (unsigned d = SDP_INACTIVE; d < SDP_SENDRECV; d++)
        if (text_is(word, sdp_dir_name((enum sdp_dir)d)))
            return (enum sdp_dir)d;
    return SDP_SENDRECV;
}

/* RFC 8285 8: <id>[/<direction>] <uri> [<attributes>]. Ids from 256 on ask to be given another: we don't. */
enum err parse_extmap(struct parse *p, struct bytes value)
{
    struct bytes rest = value, dir = text_word(&rest), uri = text_word(&rest);
    struct bytes id_text = text_cut(&dir, '/');
    uint64_t id = 0;
    if (!text_number(id_text, 65535, &id) || id == 0 || uri.len == 0)
        return parse_fail(p, ERR_SYNTAX, "m-line %u: an a=extmap can't be read", parse_media_index(p));
    if (id > 255)
        return OK;
    struct sdp_extmap *list = p->media ? p->media->extmaps : p->session_extmaps;
    unsigned *n = p->media ? &p->media->n_extmaps : &p->n_session_extmaps;
    if (*n == SDP_EXTMAPS_MAX)
        return parse_fail(p, ERR_FULL, "m-line %u: more than %d a=extmap", parse_media_index(p), SDP_EXTMAPS_MAX);
    list[(*n)++] = (struct sdp_extmap){.id = (uint16_t)id, .dir = dir_of(dir), .uri = uri};
    return OK;
}

/* A new one if it isn't there yet; NULL if there is no room, and then it is ignored. */
static struct sdp_ssrc *ssrc_at(struct sdp_media *m, uint32_t ssrc)
{
    for (unsigned i = 0; i < m->n_ssrcs; i++)
        if (m->ssrcs[i].ssrc == ssrc)
            return &m->ssrcs[i];
    if (m->n_ssrcs == SDP_SSRCS_MAX)
        return NULL;
    m->ssrcs[m->n_ssrcs] = (struct sdp_ssrc){.ssrc = ssrc};
    return &m->ssrcs[m->n_ssrcs++];
}

/* RFC 5576 4.1: <ssrc> <attribute>:<value> */
enum err parse_ssrc(struct parse *p, struct bytes value)
{
    struct bytes rest = value;
    uint64_t ssrc = 0;
    if (!text_number(text_word(&rest), UINT32_MAX, &ssrc))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=ssrc without a number", parse_media_index(p));
    struct sdp_ssrc *s = ssrc_at(p->media, (uint32_t)ssrc);
    if (s && text_is(text_cut(&rest, ':'), "cname"))
        s->cname = rest;
    return OK;
}

/* RFC 5576 4.2, RFC 4588 8.8: FID <media> <rtx>. Other groups are skipped: rids say what SIM would. */
enum err parse_ssrc_group(struct parse *p, struct bytes value)
{
    struct bytes rest = value;
    uint64_t ssrc = 0, rtx = 0;
    if (!text_is(text_word(&rest), "FID"))
        return OK;
    if (!text_number(text_word(&rest), UINT32_MAX, &ssrc) || !text_number(text_word(&rest), UINT32_MAX, &rtx) ||
        ssrc == rtx)
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=ssrc-group:FID can't be read", parse_media_index(p));
    struct sdp_ssrc *s = ssrc_at(p->media, (uint32_t)ssrc);
    struct sdp_ssrc *r = ssrc_at(p->media, (uint32_t)rtx);
    if (!s || !r)
        return OK;
    s->rtx = r->ssrc;
    r->is_rtx = true;
    return OK;
}

/* RFC 8851: <rid> send|recv [<restrictions>] */
enum err parse_rid(struct parse *p, struct bytes value)
{
    struct sdp_media *m = p->media;
    struct bytes rest = value;
    struct bytes rid = text_word(&rest), dir = text_word(&rest);
    bool send = text_is(dir, "send");
    if (!text_is_made_of(rid, "-_", SDP_RID_MAX) || (!send && !text_is(dir, "recv")))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: an a=rid can't be read", parse_media_index(p));
    for (unsigned i = 0; i < m->n_rids; i++)
        if (bytes_eq(m->rids[i], rid))
            return parse_fail(p, ERR_SYNTAX, "m-line %u: the same a=rid twice", parse_media_index(p));
    if (m->n_rids == SDP_RIDS_MAX)
        return parse_fail(p, ERR_FULL, "m-line %u: more than %d a=rid", parse_media_index(p), SDP_RIDS_MAX);
    p->rid_dirs[m->n_rids] = send ? SDP_SEND : SDP_RECV;
    m->rids[m->n_rids++] = rid;
    return OK;
}

/* RFC 8830: <stream> [<track>] */
enum err parse_msid(struct parse *p, struct bytes value)
{
    struct bytes rest = value;
    if (p->media->stream.len)
        return OK;
    p->media->stream = text_word(&rest);
    p->media->track = text_word(&rest);
    return OK;
}

enum err parse_sctp_port(struct parse *p, struct bytes value)
{
    uint64_t port = 0;
    if (!text_number(value, 65535, &port))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=sctp-port is not a port", parse_media_index(p));
    p->media->sctp_port = (uint16_t)port;
    return OK;
}

/* What came before a=sctp-port: <port> webrtc-datachannel <streams> */
enum err parse_sctpmap(struct parse *p, struct bytes value)
{
    return parse_sctp_port(p, text_word(&value));
}

enum err parse_max_message_size(struct parse *p, struct bytes value)
{
    uint64_t size = 0;
    if (!text_number(value, INT64_MAX, &size))
        return parse_fail(p, ERR_SYNTAX, "m-line %u: a=max-message-size is not a number", parse_media_index(p));
    p->media->max_message_size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    return OK;
}

/* RFC 8853 5.1: "send <list> recv <list>", either order; the one that matters is what the writer sends, else what it
 * receives. */
static struct bytes simulcast_list(struct bytes value, enum sdp_dir *dir)
{
    struct bytes list = {NULL, 0};
    for (struct bytes rest = value; rest.len;) {
        struct bytes way = text_word(&rest), words = text_word(&rest);
        bool send = text_is(way, "send");
        if (!send && (!text_is(way, "recv") || list.len))
            continue;
        list = words;
        *dir = send ? SDP_SEND : SDP_RECV;
    }
    return list;
}

/* Puts the rids that a=simulcast names into its order and forgets the others. Of alternatives the first counts ("1,4"),
 * and
 * "~" only says that a layer starts paused. */
static void order_rids(struct parse *p)
{
    struct sdp_media *m = p->media;
    enum sdp_dir dir = SDP_SEND;
    struct bytes list = simulcast_list(p->simulcast, &dir);
    unsigned n = 0;
    while (list.len && n < m->n_rids) {
        struct bytes layer = text_cut(&list, ';');
        struct bytes rid = text_cut(&layer, ',');
        if (rid.len && rid.p[0] == '~')
            rid = text_after(rid, 1);
        unsigned at = n;
        while (at < m->n_rids && !(bytes_eq(m->rids[at], rid) && p->rid_dirs[at] == dir))
            at++;
        if (at == m->n_rids)
            continue;
        m->rids[at] = m->rids[n];
        p->rid_dirs[at] = p->rid_dirs[n];
        m->rids[n] = rid;
        p->rid_dirs[n++] = dir;
    }
    m->n_rids = n;
    m->rids_dir = dir;
}

enum err parse_media_end(struct parse *p)
{
    struct sdp_media *m = p->media;
    m->rejected = m->port == 0 && !p->bundle_only;
    order_rids(p);
    for (unsigned i = 0; i < p->n_session_extmaps; i++) {
        if (m->n_extmaps == SDP_EXTMAPS_MAX)
            return parse_fail(p, ERR_FULL, "m-line %u: more than %d a=extmap", parse_media_index(p), SDP_EXTMAPS_MAX);
        m->extmaps[m->n_extmaps++] = p->session_extmaps[i];
    }
    return OK;
}
