/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that asks one question over UDP and ends at once: ask-once ADDRESS NAME. Called
 * ask-thread it does so from a thread that has a name of its own. Called ask-open it does not
 * connect its socket. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *address, *name;
static bool open_socket;

static size_t question(unsigned char *out)
{
    static const unsigned char head[12] = {[2] = 1, [5] = 1};
    size_t at = sizeof(head);
    memcpy(out, head, sizeof(head));
    out[0] = (unsigned char)getpid();
    out[1] = (unsigned char)(getpid() >> 8);
    for (const char *label = name; *label;) {
        size_t length = strcspn(label, ".");
        out[at++] = (unsigned char)length;
        memcpy(out + at, label, length);
        at += length;
        label += length + (label[length] == '.');
    }
    memcpy(out + at, "\0\0\1\0\1", 5);
    return at + 5;
}

static void *ask(void *unused)
{
    unsigned char packet[300];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    size_t length = question(packet);
    inet_pton(AF_INET, address, &to.sin_addr);
    if (open_socket) {
        sendto(fd, packet, length, 0, (struct sockaddr *)&to, sizeof(to));
    } else if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
        send(fd, packet, length, 0);
    }
    return unused;
}

static void *ask_in_thread(void *unused)
{
    prctl(PR_SET_NAME, "not-the-program", 0, 0, 0);
    return ask(unused);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc != 3 || strlen(argv[2]) > 200)
        return 2;
    address = argv[1];
    name = argv[2];
    open_socket = strstr(argv[0], "ask-open") != NULL;
    if (!strstr(argv[0], "ask-thread"))
        ask(NULL);
    else if (pthread_create(&thread, NULL, ask_in_thread, NULL) == 0)
        pthread_join(thread, NULL);
    return 0;
}
