/* keyframe_req.c: idle, wanted, asked: three states and one deadline. */
#include "rtp/keyframe_req.h"

#define GAP_LOW    (200 * MSEC)
#define GAP_HIGH   (500 * MSEC)
#define GAP_CROWD  SEC
#define CROWD_SIZE 50

void keyframe_req_init(struct keyframe_req *k, usec_t min_gap)
{
    *k = (struct keyframe_req){
        .state = KEYFRAME_IDLE,
        .min_gap = min_gap,
        .asked_at = -USEC_NEVER,
        .deadline = USEC_NEVER,
    };
}

void keyframe_req_set_gap(struct keyframe_req *k, usec_t min_gap)
{
    k->min_gap = min_gap;
}

usec_t keyframe_gap(usec_t rtt, bool low_layer, unsigned n_viewers)
{
    usec_t gap = n_viewers > CROWD_SIZE ? GAP_CROWD : low_layer ? GAP_LOW : GAP_HIGH;
    return rtt > gap ? rtt : gap;
}

void keyframe_req_want(struct keyframe_req *k, usec_t now)
{
    if (k->state != KEYFRAME_IDLE)
        return;
    usec_t free_at = k->asked_at + k->min_gap;
    k->state = KEYFRAME_WANTED;
    k->n_tries = 0;
    k->deadline = free_at > now ? free_at : now;
}

bool keyframe_req_due(struct keyframe_req *k, usec_t now)
{
    if (k->state == KEYFRAME_IDLE || now < k->deadline)
        return false;
    if (k->n_tries >= KEYFRAME_MAX_TRIES) {
        k->state = KEYFRAME_IDLE;
        k->deadline = USEC_NEVER;
        return false;
    }
    k->state = KEYFRAME_ASKED;
    k->asked_at = now;
    k->n_tries++;
    k->n_asked++;
    k->deadline = now + (k->min_gap > KEYFRAME_RETRY ? k->min_gap : KEYFRAME_RETRY);
    return true;
}

void keyframe_req_got(struct keyframe_req *k)
{
    k->state = KEYFRAME_IDLE;
    k->deadline = USEC_NEVER;
}

bool keyframe_quota_take(struct keyframe_quota *q, usec_t now)
{
    if (q->n == KEYFRAME_QUOTA && now - q->at[q->next] < KEYFRAME_WINDOW)
        return false;
    q->at[q->next] = now;
    q->next = (uint8_t)((q->next + 1) % KEYFRAME_QUOTA);
    if (q->n < KEYFRAME_QUOTA)
        q->n++;
    return true;
}
