/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Send DNS questions over UDP at a steady rate: send ADDRESS RATE SECONDS [NAMES]. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    double rate = atof(argv[2]), seconds = atof(argv[3]);
    unsigned names = argc > 4 ? (unsigned)atoi(argv[4]) : 10000;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
    inet_pton(AF_INET, argv[1], &to.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        return 1;
    uint64_t start = now_ns(), sent = 0, failed = 0;
    for (;;) {
        double elapsed = (double)(now_ns() - start) / 1e9;
        if (elapsed >= seconds)
            break;
        uint64_t due = (uint64_t)(elapsed * rate);
        for (; sent < due; sent++) {
            uint8_t packet[64] = {(uint8_t)(sent >> 8), (uint8_t)sent, 1, 0, 0, 1};
            char label[16];
            int length = snprintf(label, sizeof(label), "n%u", (unsigned)(sent % names));
            size_t at = 12;
            packet[at++] = (uint8_t)length;
            memcpy(packet + at, label, (size_t)length);
            at += (size_t)length;
            memcpy(packet + at, "\7example\3com\0\0\1\0\1", 17);
            at += 17;
            failed += send(fd, packet, at, 0) < 0;
        }
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    printf("%llu sent, %llu refused\n", (unsigned long long)sent, (unsigned long long)failed);
    return 0;
}
