/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>
#include <strings.h>

#include "base/name.h"
#include "base/text.h"

/* What the neighbours were told, and what is known of processes beside their names. */

/* The first label is the machine's name, or begins with it as services write it: "host [aa:bb]",
 * "host (2)". */
static bool is_host(const struct model *model, const uint8_t *name, size_t length)
{
    size_t host = strlen(model->host);
    if (host == 0 || length <= host || name[0] < host ||
        strncasecmp((const char *)name + 1, model->host, host) != 0)
        return false;
    uint8_t next = name[1 + host];
    return name[0] == host || next == ' ' || next == '[' || next == '(';
}

void model_told_add(struct model *model, const struct fact *fact)
{
    size_t at = 0, oldest = 0;
    if (fact->name_length == 0)
        return;
    for (; at < model->told_count; at++) {
        const struct told *told = &model->told[at];
        if (told->transport == (enum transport)fact->transport &&
            told->interface == fact->interface &&
            name_equal(told->name, told->name_length, fact->name, fact->name_length))
            break;
        /* The machine's own name stays, whatever else is announced. */
        if (model->told[oldest].host ||
            (!told->host && told->last_ns < model->told[oldest].last_ns))
            oldest = at;
    }
    bool fresh = at == model->told_count;
    if (fresh && model->told_count < TOLD_MAX)
        model->told_count++;
    else if (fresh)
        at = oldest;
    struct told *told = &model->told[at];
    if (fresh) {
        *told = (struct told){.transport = (enum transport)fact->transport,
            .interface = fact->interface,
            .host = is_host(model, fact->name, fact->name_length),
            .name_length = fact->name_length};
        memcpy(told->name, fact->name, fact->name_length);
    }
    told->count++;
    told->last_ns = fact->time_ns;
    model_touch(model, fact->time_ns);
}

void model_host_name(struct model *model, const char *name)
{
    text_format(model->host, sizeof(model->host), "%.*s", (int)strcspn(name, "."), name);
}

size_t model_told_count(const struct model *model)
{
    return model->told_count;
}

const struct told *model_told_at(const struct model *model, size_t position)
{
    return position < model->told_count ? &model->told[position] : NULL;
}

static struct command_line *command_of(const struct model *model, const struct process *process)
{
    for (size_t i = 0; i < COMMANDS_KEPT; i++)
        if (model->commands[i].pid == process->pid && model->commands[i].start == process->start)
            return &model->commands[i];
    return NULL;
}

void model_command(struct model *model, const struct process *process, const char *command)
{
    if (process->pid == 0 || command[0] == '\0')
        return;
    struct command_line *line = command_of(model, process);
    if (!line)
        line = &model->commands[model->command_next++ % COMMANDS_KEPT];
    line->pid = process->pid;
    line->start = process->start;
    text_format(line->text, sizeof(line->text), "%s", command);
}

const char *model_command_of(const struct model *model, const struct process *process)
{
    const struct command_line *line = process->pid ? command_of(model, process) : NULL;
    return line ? line->text : "";
}

const char *model_command_of_pid(const struct model *model, int32_t pid)
{
    const struct command_line *newest = NULL;
    for (size_t i = 0; pid != 0 && i < COMMANDS_KEPT; i++)
        if (model->commands[i].pid == pid && (!newest || model->commands[i].start > newest->start))
            newest = &model->commands[i];
    return newest ? newest->text : "";
}
