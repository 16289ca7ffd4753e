/* Much, long and broken input from two threads: hostile LINES KIB
 *   LINES in all, and a line of KIB kibibytes each way in.
 *
 * The threads have a parser each, hand them over half-way, and share one table of pods and one more
 * parser. Build with -pthread.
 */
#include "common.h"

#include <pthread.h>

static unsigned long lines;
static oomparse_pods *pods;
static oomparse_parser *shared;
static oomparse_parser *parsers[2];

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void drain(oomparse_parser *parser)
{
    oomparse_event *event;
    oomparse_str json;

    while (oomparse_parser_next_event(parser, &event) == OOMPARSE_RESULT_OK) {
        CHECK_OK(oomparse_event_to_json(event, &json));
        CHECK(json.len > 2 && json.data[json.len - 1] == '}');
        oomparse_event_free(event);
    }
}

static size_t make_line(uint64_t *state, char *line, size_t room)
{
    static const char *const heads[] = {
        "Killed process %lu (", "[%lu.5] Task in /kubepods/pod", "[%lu.1] Memory cgroup stats for ",
        "%lu,5452,1,-;oom-kill:constraint=", "{\"log\":\"Killed process %lu\",\"x\":\"",
        "[%lu.0] a invoked oom-killer: gfp_mask=0x", "Mem-Info: %lu ", "ordinary line %lu "
    };
    uint64_t random = next_random(state);
    size_t len = (size_t)snprintf(line, room, heads[random % 8], (unsigned long)(random >> 40));
    size_t end = len + (size_t)((random >> 8) % 64);

    while (len < end && len < room) {
        line[len++] = (char)(next_random(state) & 0xff);
    }
    return len;
}

static void *work(void *which)
{
    size_t at = *(size_t *)which;
    uint64_t state = 0x9e3779b97f4a7c15ULL + at;
    unsigned long i;

    for (i = 0; i < lines; i++) {
        char line[256];
        size_t len;

        if (i % 16 != 0) {
            static const char ordinary[] =
                "Jan  5 02:12:02 node-7 kubelet[812]: I0105 02:12:02.123456 an ordinary line of a fleet";

            CHECK_OK(oomparse_parser_push(parsers[at], ordinary, sizeof ordinary - 1));
            continue;
        }
        len = make_line(&state, line, sizeof line);
        CHECK_OK(oomparse_parser_push(parsers[at], line, len));
        if (i % 256 == 0) {
            size_t known;
            size_t containers;

            CHECK_OK(oomparse_parser_push_chunk(shared, line, len));
            CHECK_OK(oomparse_parser_push_keyed(shared, line, len % 3, line, len));
            CHECK_OK(oomparse_pods_load(
                pods, "pod_uid,namespace,name\n3962896b-ab69-4572-8f1d-ee756f9f3589,a,b\n", 63, NULL));
            CHECK_OK(oomparse_pods_len(pods, &known, &containers));
            drain(parsers[at]);
            drain(shared);
        }
    }
    return NULL;
}

static void run_both(void)
{
    pthread_t threads[2];
    size_t numbers[2] = {0, 1};
    size_t i;

    for (i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
    for (i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static void long_lines(oomparse_parser *parser, size_t len)
{
    char *line = (char *)malloc(len);
    size_t i;

    CHECK(line != NULL);
    memset(line, 'x', len);
    memcpy(line, "Killed process 1 (", 18);
    CHECK_OK(oomparse_parser_push(parser, line, len));
    CHECK_OK(oomparse_parser_push_chunk(parser, line, len));
    for (i = 0; i < 64; i++) {
        CHECK_OK(oomparse_parser_push_keyed(parser, line, 1u << 10, line, len >> 5));
    }
    drain(parser);
    free(line);
}

int main(int argc, char **argv)
{
    oomparse_parser *first;
    size_t i;

    CHECK(argc == 3);
    lines = strtoul(argv[1], NULL, 10) / 4;
    CHECK_OK(oomparse_pods_new(&pods));
    CHECK_OK(oomparse_parser_new(NULL, &shared));
    CHECK_OK(oomparse_parser_set_pods(shared, pods));
    for (i = 0; i < 2; i++) {
        CHECK_OK(oomparse_parser_new(NULL, &parsers[i]));
        CHECK_OK(oomparse_parser_set_pods(parsers[i], pods));
    }
    run_both();
    first = parsers[0];
    parsers[0] = parsers[1];
    parsers[1] = first;
    run_both();
    long_lines(shared, (size_t)strtoul(argv[2], NULL, 10) << 10);
    for (i = 0; i < 2; i++) {
        CHECK_OK(oomparse_parser_finish(parsers[i]));
        drain(parsers[i]);
        oomparse_parser_free(parsers[i]);
    }
    CHECK_OK(oomparse_parser_finish(shared));
    oomparse_parser_free(shared);
    oomparse_pods_free(pods);
    return 0;
}
