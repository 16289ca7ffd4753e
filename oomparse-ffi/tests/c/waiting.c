/* A storm: kills without reports, each given out with its own line and never again; pods that come and go.
 *
 * waiting DIR KILLS
 *   DIR: an empty directory to make pods' logs in. KILLS: of each storm.
 */
#define _DEFAULT_SOURCE
#include "common.h"

#include <sys/stat.h>
#include <unistd.h>

enum { FIRST = 1000 };

static unsigned kills;

static size_t killed(char *line, size_t room, unsigned at, unsigned pid)
{
    /* Kernels before 4.19 print no UID. */
    const char *rest = pid % 2 == 0 ? ", UID:0 pgtables:56kB oom_score_adj:968" : "";

    return (size_t)snprintf(line, room,
                            "[%u.%u] Memory cgroup out of memory: Killed process %u (java) total-vm:18896kB, "
                            "anon-rss:16456kB, file-rss:516kB, shmem-rss:4kB%s",
                            pid, at, pid, rest);
}

/* How many events came, all of them told by the line pushed last and of that process. */
static unsigned take(oomparse_parser *parser, unsigned pid)
{
    oomparse_event *event;
    unsigned events = 0;
    oomparse_str pod;
    uint64_t victim;

    while (oomparse_parser_next_event(parser, &event) == OOMPARSE_RESULT_OK) {
        CHECK(oomparse_event_is_of_last_line(event));
        CHECK_OK(oomparse_event_get_u64(event, OOMPARSE_FIELD_VICTIM_PID, &victim));
        CHECK(victim == pid);
        CHECK(oomparse_event_get_str(event, OOMPARSE_FIELD_POD_UID, &pod) == OOMPARSE_RESULT_ABSENT);
        oomparse_event_free(event);
        events++;
    }
    return events;
}

static void push(oomparse_parser *parser, bool keyed, const char *line, size_t len)
{
    if (keyed) {
        CHECK_OK(oomparse_parser_push_keyed(parser, "node", 4, line, len));
        CHECK_OK(oomparse_parser_give_waiting_keyed(parser, "node", 4));
        CHECK_OK(oomparse_parser_give_waiting_keyed(parser, "nobody", 6));
    } else {
        CHECK_OK(oomparse_parser_push(parser, line, len));
        CHECK_OK(oomparse_parser_give_waiting(parser));
    }
}

static void every_bare_kill_goes_with_its_line(bool keyed)
{
    oomparse_parser *parser;
    char line[512];
    size_t len;
    unsigned pid;

    CHECK_OK(oomparse_parser_new(NULL, &parser));
    for (pid = FIRST; pid < FIRST + kills; pid++) {
        len = killed(line, sizeof line, 1, pid);
        push(parser, keyed, line, len);
        CHECK(take(parser, pid) == 1);
        /* The group's line, the same victim once more, the reaper: no event of theirs. */
        len = (size_t)snprintf(line, sizeof line,
                               "[%u.2] Tasks in /kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589 are going to be "
                               "killed due to memory.oom.group set",
                               pid);
        push(parser, keyed, line, len);
        CHECK(take(parser, pid) == 0);
        len = killed(line, sizeof line, 3, pid);
        push(parser, keyed, line, len);
        CHECK(take(parser, pid) == 0);
        len = (size_t)snprintf(line, sizeof line,
                               "[%u.4] oom_reaper: reaped process %u (java), now anon-rss:0kB, file-rss:0kB, "
                               "shmem-rss:0kB",
                               pid, pid);
        push(parser, keyed, line, len);
        CHECK(take(parser, pid) == 0);
    }
    CHECK_OK(oomparse_parser_finish(parser));
    CHECK(take(parser, 0) == 0);
    oomparse_parser_free(parser);
}

static void the_last_kill_goes_out_in_silence(void)
{
    oomparse_parser *parser;
    oomparse_event *event;
    char line[512];
    size_t len = killed(line, sizeof line, 1, 7);

    CHECK_OK(oomparse_parser_new(NULL, &parser));
    CHECK_OK(oomparse_parser_push(parser, line, len));
    CHECK_OK(oomparse_parser_push_keyed(parser, "node", 4, line, len));
    CHECK(oomparse_parser_next_event(parser, &event) == OOMPARSE_RESULT_ABSENT);
    CHECK_OK(oomparse_parser_give_all_waiting(parser));
    CHECK(take(parser, 7) == 2);
    CHECK_OK(oomparse_parser_give_all_waiting(parser));
    CHECK(take(parser, 7) == 0);
    oomparse_parser_free(parser);
}

/* Kills in pods that live for a moment: each has its pod's name. */
static void pods_come_and_go(const char *dir)
{
    oomparse_parser *parser;
    oomparse_pods *pods;
    oomparse_loaded loaded;
    unsigned pod;

    CHECK_OK(oomparse_pods_new(&pods));
    CHECK_OK(oomparse_pods_follow_path(pods, dir, strlen(dir), &loaded));
    CHECK(loaded.records == 0 && loaded.message[0] == '\0');
    CHECK(oomparse_pods_follow_path(pods, "/nowhere", 8, &loaded) == OOMPARSE_RESULT_IO);
    CHECK(strncmp(loaded.message, "/nowhere: ", 10) == 0);
    CHECK_OK(oomparse_parser_new(NULL, &parser));
    CHECK_OK(oomparse_parser_set_pods(parser, pods));
    for (pod = 10; pod < 15; pod++) {
        oomparse_event *event;
        oomparse_str name;
        char path[4096];
        char line[1024];
        size_t len;

        snprintf(path, sizeof path, "%s/shop_web-%u_3962896b-ab69-4572-8f1d-ee756f9f35%u", dir, pod, pod);
        CHECK(mkdir(path, 0700) == 0);
        len = (size_t)snprintf(line, sizeof line,
                               "[%u.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
                               "oom_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f35%u,"
                               "task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f35%u,task=java,pid=%u,uid=0",
                               pod, pod, pod, pod);
        push(parser, false, line, len);
        len = killed(line, sizeof line, 2, pod);
        push(parser, false, line, len);
        CHECK_OK(oomparse_parser_next_event(parser, &event));
        CHECK_OK(oomparse_event_get_str(event, OOMPARSE_FIELD_POD_NAME, &name));
        snprintf(line, sizeof line, "web-%u", pod);
        CHECK(name.len == strlen(line) && memcmp(name.data, line, name.len) == 0);
        oomparse_event_free(event);
        CHECK(rmdir(path) == 0);
    }
    oomparse_parser_free(parser);
    oomparse_pods_free(pods);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    kills = (unsigned)strtoul(argv[2], NULL, 10);
    every_bare_kill_goes_with_its_line(false);
    every_bare_kill_goes_with_its_line(true);
    the_last_kill_goes_out_in_silence();
    pods_come_and_go(argv[1]);
    return 0;
}
