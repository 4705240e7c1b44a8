/* What was measured, as JSON. */
#include "loadtest/run_priv.h"

static const char *const kind_names[KINDS] = {"audio", "video"};

static json_t *config_json(const struct run *r)
{
    const struct options *o = r->o;
    json_t *j = json_pack("{s:i, s:i, s:s, s:f, s:f, s:i, s:i, s:b, s:i, s:i}", "participants", (int)r->n_people,
                          "rooms", (int)r->n_rooms, "media", o->real ? "real" : "synthetic", "churn", o->churn, "ramp",
                          o->ramp, "warmup_s", (int)o->warmup, "duration_s", (int)o->duration, "nack", o->nack, "burst",
                          (int)o->burst, "video_bps", (int)o->video_bps);
    if (o->rooms) {
        json_object_set_new(j, "size", json_integer(o->size));
    } else {
        json_object_set_new(j, "publishers", json_integer(o->publishers));
        json_object_set_new(j, "subscribers", json_integer(o->subscribers));
    }
    return j;
}

static json_t *count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static uint64_t lost_of(const struct kind_totals *k)
{
    return k->expected > k->received ? k->expected - k->received : 0;
}

/* delivered: of what senders sent, times who should get it; shows what sequence numbers can't: streams that are
 * missing. */
static json_t *kind_json(const struct run *r, enum endpoint_kind kind)
{
    const struct kind_totals *k = &r->env.totals.kind[kind];
    json_t *j = json_object();
    json_object_set_new(j, "sent", count(k->sent));
    json_object_set_new(j, "expected", count(k->expected));
    json_object_set_new(j, "received", count(k->received));
    json_object_set_new(j, "duplicates", count(k->duplicates));
    json_object_set_new(j, "lost", count(lost_of(k)));
    json_object_set_new(j, "loss", json_real(share(lost_of(k), k->expected)));
    if (r->wanted[kind])
        json_object_set_new(j, "delivered", json_real(share(k->received, r->wanted[kind])));
    return j;
}

static json_t *hist_json(const struct hist *h)
{
    json_t *j = json_object();
    json_object_set_new(j, "n", count(h->n));
    json_object_set_new(j, "p50", count(hist_at(h, 0.50)));
    json_object_set_new(j, "p95", count(hist_at(h, 0.95)));
    json_object_set_new(j, "p99", count(hist_at(h, 0.99)));
    json_object_set_new(j, "max", count(h->max));
    return j;
}

static double cores(usec_t cpu, usec_t time)
{
    return time > 0 ? (double)cpu / (double)time : 0;
}

static json_t *sfu_json(const struct run *r)
{
    if (!r->has_sfu || r->measured <= 0)
        return json_null();
    usec_t cpu = r->sfu_after.cpu - r->sfu_before.cpu;
    uint64_t packets = r->env.totals.rtp_datagrams;
    double grown = (double)r->sfu_after.rss_kb - (double)r->sfu_idle.rss_kb;
    json_t *j = json_object();
    json_object_set_new(j, "pid", json_integer(r->sfu_pid));
    json_object_set_new(j, "cpu_s", json_real((double)cpu / (double)SEC));
    json_object_set_new(j, "cores", json_real(cores(cpu, r->measured)));
    if (packets)
        json_object_set_new(j, "ns_per_packet", json_real((double)cpu * 1000.0 / (double)packets));
    json_object_set_new(j, "rss_idle_kb", count(r->sfu_idle.rss_kb));
    json_object_set_new(j, "rss_before_kb", count(r->sfu_before.rss_kb));
    json_object_set_new(j, "rss_after_kb", count(r->sfu_after.rss_kb));
    json_object_set_new(j, "kb_per_participant", json_real(grown / (double)r->n_people));
    return j;
}

static json_t *verify_json(const struct endpoint_totals *t, unsigned n)
{
    json_t *j = json_object();
    json_object_set_new(j, "participants", json_integer(n));
    json_object_set_new(j, "opened", count(t->opened));
    json_object_set_new(j, "auth_failed", count(t->auth_failed));
    json_object_set_new(j, "replayed", count(t->replayed));
    json_object_set_new(j, "no_stamp", count(t->no_stamp));
    json_object_set_new(j, "source_lost", count(t->source_lost));
    json_object_set_new(j, "picture_breaks", count(t->picture_breaks));
    return j;
}

static json_t *rtcp_json(const struct endpoint_totals *t)
{
    json_t *j = json_object();
    json_object_set_new(j, "received", count(t->rtcp_received));
    json_object_set_new(j, "failed", count(t->rtcp_failed));
    json_object_set_new(j, "nacks_sent", count(t->nacks_sent));
    json_object_set_new(j, "nacks_received", count(t->nacks_received));
    json_object_set_new(j, "rtx_sent", count(t->rtx_sent));
    json_object_set_new(j, "recovered", count(t->recovered));
    json_object_set_new(j, "plis_sent", count(t->plis_sent));
    json_object_set_new(j, "plis_received", count(t->plis_received));
    return j;
}

static json_t *errors_json(const struct run *r)
{
    json_t *j = json_object();
    for (unsigned i = 0; i < r->n_errors; i++)
        json_object_set_new(j, r->errors[i].name, count(r->errors[i].n));
    const struct endpoint_totals *t = &r->env.totals;
    if (t->unknown_ssrc)
        json_object_set_new(j, "unknown_ssrc", count(t->unknown_ssrc));
    if (t->syntax)
        json_object_set_new(j, "syntax", count(t->syntax));
    if (wire_n_send_errors(r->wire))
        json_object_set_new(j, "udp_send", count(wire_n_send_errors(r->wire)));
    return j;
}

static bool is_passed(const struct run *r)
{
    bool ok = r->phase == RUN_OVER && !r->interrupted && r->n_there_at_end == r->n_people;
    ok = ok && r->env.totals.auth_failed == 0 && r->env.totals.picture_breaks == 0 && r->env.totals.rtcp_failed == 0;
    for (unsigned k = 0; k < KINDS; k++) {
        const struct kind_totals *t = &r->env.totals.kind[k];
        ok = ok && share(lost_of(t), t->expected) <= r->o->max_loss;
        if (r->wanted[k] && t->received < r->wanted[k])
            ok = ok && share(r->wanted[k] - t->received, r->wanted[k]) <= r->o->max_loss + 0.01;
    }
    return ok;
}

json_t *run_report(const struct run *r, bool *passed)
{
    json_t *j = json_object(), *rtp = json_object(), *latency = json_object(), *join = json_object();
    unsigned n_verify = 0;
    for (unsigned i = 0; i < r->n_people; i++)
        n_verify += r->people[i].verify;
    *passed = is_passed(r);
    json_object_set_new(j, "passed", json_boolean(*passed));
    json_object_set_new(j, "config", config_json(r));
    json_object_set_new(j, "connected", json_integer(r->n_there_at_end));
    json_object_set_new(j, "churned", json_integer(r->n_churned));
    for (unsigned k = 0; k < KINDS; k++) {
        json_object_set_new(rtp, kind_names[k], kind_json(r, (enum endpoint_kind)k));
        json_object_set_new(latency, kind_names[k], hist_json(&r->env.latency[k]));
    }
    json_object_set_new(rtp, "datagrams", count(r->env.totals.rtp_datagrams));
    json_object_set_new(rtp, "bytes", count(r->env.totals.rtp_bytes));
    json_object_set_new(j, "rtp", rtp);
    json_object_set_new(j, "latency_us", latency);
    json_object_set_new(join, "answer", hist_json(&r->env.join_answer));
    json_object_set_new(join, "dtls", hist_json(&r->env.join_dtls));
    json_object_set_new(join, "first_packet", hist_json(&r->env.join_first_packet));
    json_object_set_new(j, "join_us", join);
    json_object_set_new(j, "sfu", sfu_json(r));
    json_object_set_new(j, "generator_cores", json_real(cores(r->own_after - r->own_before, r->measured)));
    json_object_set_new(j, "generator_late_us", hist_json(&r->env.lateness));
    json_object_set_new(j, "verified", verify_json(&r->env.totals, n_verify));
    json_object_set_new(j, "rtcp", rtcp_json(&r->env.totals));
    json_object_set_new(j, "errors", errors_json(r));
    return j;
}
