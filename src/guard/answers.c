/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "guard/linkfile.h"
#include "sources/accounts.h"
#include "sources/flows.h"
#include "sources/otherhome.h"
#include "sources/processes.h"

/* Questions answered in one turn, so that a flood of them does not delay a new capture. */
#define QUESTIONS_A_TURN 64
/* Processes of which main was told the command line; again after a while, for it keeps only some.
 */
#define TOLD_MAX 512
#define TOLD_NS (2ULL * 1000000000ULL)

struct answers {
    int main;
    struct process_finder *finder;
    struct otherhome *homes; /* NULL: main may not have them */
    struct flows *flows;     /* NULL: the kernel notes nothing, why says why */
    char why[128];
    struct {
        int32_t pid;
        uint64_t start, time_ns;
    } told[TOLD_MAX];
};

struct answers *answers_open(int main, bool others)
{
    struct answers *answers = calloc(1, sizeof(*answers));
    if (!answers)
        return NULL;
    answers->main = main;
    int error = flows_open(&answers->flows, answers->why, sizeof(answers->why));
    if (error != 0 && answers->why[0] == '\0')
        text_format(answers->why, sizeof(answers->why), "%s", strerror(-error));
    answers->finder = process_finder_new();
    if (others)
        answers->homes = otherhome_new(ACCOUNTS_FILE);
    return answers;
}

void answers_close(struct answers *answers)
{
    if (!answers)
        return;
    flows_close(answers->flows);
    process_finder_free(answers->finder);
    otherhome_free(answers->homes);
    free(answers);
}

int answers_fd(const struct answers *answers)
{
    return answers->flows ? flows_fd(answers->flows) : -1;
}

void answers_collect(struct answers *answers)
{
    if (answers->flows)
        flows_read(answers->flows);
}

/* Main is behind by hundreds of messages where this fails; it stops waiting by itself. */
static void tell(const struct answers *answers, const void *message, size_t size)
{
    (void)send(answers->main, message, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void answers_announce(struct answers *answers)
{
    struct keeper_message message = {.kind = KEEPER_EXACT, .value = answers->flows != NULL};
    memcpy(message.text, answers->why, sizeof(message.text));
    tell(answers, &message, sizeof(message));
}

/* ---- who ---- */

/* True for a process that main was not told of lately. */
static bool is_new(struct answers *answers, int32_t pid, uint64_t start)
{
    struct timespec clock;
    size_t at = (uint32_t)pid % TOLD_MAX;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    uint64_t now = (uint64_t)clock.tv_sec * 1000000000U + (uint64_t)clock.tv_nsec;
    if (pid <= 0 || (answers->told[at].pid == pid && answers->told[at].start == start &&
                        now - answers->told[at].time_ns < TOLD_NS))
        return false;
    answers->told[at].pid = pid;
    answers->told[at].start = start;
    answers->told[at].time_ns = now;
    return true;
}

static void tell_command(
    const struct answers *answers, struct keeper_message *message, size_t length)
{
    if (length == 0)
        return;
    message->kind = KEEPER_COMMAND;
    message->value = (uint32_t)length;
    tell(answers, message, sizeof(*message));
}

static void answer_owner(struct answers *answers, const struct keeper_message *question)
{
    struct process_identity found;
    /* Only what was asked goes back; main's octets do not stand in for an answer. */
    struct keeper_message reply = {.kind = KEEPER_OWNER,
        .token = question->token,
        .inode = question->inode,
        .uid = question->uid};
    reply.value =
        answers->finder && process_find(answers->finder, question->inode, question->uid, &found);
    if (reply.value) {
        reply.pid = (int32_t)found.pid;
        reply.start = found.start;
        memcpy(reply.name, found.name, sizeof(reply.name));
        memcpy(reply.text, found.path, sizeof(reply.text));
        struct keeper_message command = {.pid = reply.pid, .start = reply.start};
        if (is_new(answers, reply.pid, reply.start))
            tell_command(answers, &command,
                process_command(answers->finder, &found, command.text, sizeof(command.text)));
    }
    tell(answers, &reply, sizeof(reply));
}

static void answer_flows(struct answers *answers, const struct keeper_flows *question)
{
    struct keeper_flows reply = {.kind = KEEPER_FLOWS, .count = question->count};
    if (!answers->flows || question->count > KEEPER_FLOWS_MAX)
        return;
    flows_read(answers->flows);
    for (uint32_t i = 0; i < question->count; i++) {
        struct keeper_flow *each = &reply.each[i];
        each->token = question->each[i].token;
        each->flow = question->each[i].flow;
        each->found = flows_find(answers->flows, &each->flow, &each->process);
        struct keeper_message command = {.pid = each->process.pid, .start = each->process.start};
        if (each->found == FLOW_FOUND && is_new(answers, command.pid, command.start))
            tell_command(
                answers, &command, flows_command(answers->flows, &each->process, command.text));
    }
    tell(answers, &reply, sizeof(reply));
}

/* With the descriptor, which is closed here; -1: without. */
static void tell_file(const struct answers *answers, struct keeper_message *reply, int fd)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = reply, .iov_len = sizeof(*reply)};
    struct msghdr envelope = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        envelope.msg_control = &control;
        envelope.msg_controllen = sizeof(control.room);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
    }
    (void)sendmsg(answers->main, &envelope, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (fd >= 0)
        close(fd);
}

/* Without a descriptor: there is no such file. Main asks again when something changes. */
static void answer_link(const struct answers *answers, uint32_t index)
{
    struct keeper_message reply = {.kind = KEEPER_LINK, .value = index};
    tell_file(answers, &reply, linkfile_open("", index));
}

static void answer_profile(const struct answers *answers, const struct keeper_message *question)
{
    struct keeper_message reply = {
        .kind = KEEPER_PROFILE, .token = question->token, .uid = question->uid};
    struct homefile_why why = {.words = "may not be read", .folder = true, .denied = true};
    char path[sizeof(question->text)];
    int fd = -1;
    text_format(path, sizeof(path), "%.*s", (int)sizeof(path) - 1, question->text);
    if (answers->homes && strchr(path, '*')) {
        otherhome_match(
            answers->homes, question->uid, path, question->value, reply.text, sizeof(reply.text));
    } else {
        if (answers->homes)
            fd = otherhome_open(answers->homes, question->uid, path, KEEPER_PROFILE_MOST, &why);
        if (fd < 0) {
            text_format(reply.text, sizeof(reply.text), "%s", why.words ? why.words : "");
            reply.value =
                (why.folder ? KEEPER_WHY_FOLDER : 0) | (why.denied ? KEEPER_WHY_DENIED : 0);
        }
    }
    tell_file(answers, &reply, fd);
}

bool answers_serve(struct answers *answers)
{
    for (unsigned i = 0; i < QUESTIONS_A_TURN; i++) {
        union keeper_any question;
        ssize_t length = recv(answers->main, &question, sizeof(question), MSG_DONTWAIT | MSG_TRUNC);
        if (length < 0)
            return errno == EAGAIN || errno == EINTR;
        if (length == 0)
            return false;
        if (length < (ssize_t)sizeof(question.kind) || (size_t)length != keeper_size(question.kind))
            continue;
        if (question.kind == KEEPER_OWNER) {
            answer_owner(answers, &question.message);
        } else if (question.kind == KEEPER_FLOWS) {
            answer_flows(answers, &question.flows);
        } else if (question.kind == KEEPER_LINK) {
            answer_link(answers, question.message.value);
        } else if (question.kind == KEEPER_PROFILE) {
            answer_profile(answers, &question.message);
        } else if (question.kind == KEEPER_EXACT) {
            flows_close(answers->flows);
            answers->flows = NULL;
            text_format(answers->why, sizeof(answers->why), "switched off");
            answers_announce(answers);
        }
    }
    return true;
}
