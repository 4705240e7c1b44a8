/* client_priv.h: between the files of the simulated client. */
#pragma once
#include "sim/client.h"

void sim_media_setup(struct sim_client *c); /* after an answer: slots and sources as agreed */
void sim_media_recv(struct sim_client *c, usec_t now, uint8_t *packet, size_t len);
uint64_t sim_random(struct sim_client *c);
