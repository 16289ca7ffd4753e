/* Who ends what: events that outlive their parser, events used too late, tables that are shared. */
#include "common.h"

static const char INVOKED[] =
    "[9.0] memc invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968";
static const char SUMMARY[] =
    "[9.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
    "oom_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,"
    "task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101,task=memc,pid=7,uid=0";
static const char KILLED[] =
    "[9.2] Memory cgroup out of memory: Killed process 7 (memc) total-vm:8kB, anon-rss:4kB, "
    "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0";
static const char LATER_KILLED[] =
    "[99.2] Memory cgroup out of memory: Killed process 8 (memc) total-vm:8kB, anon-rss:4kB, "
    "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0";
static const char PODS[] =
    "pod_uid,namespace,name\n3962896b-ab69-4572-8f1d-ee756f9f3589,default,web-0\n";

static void push_kill(oomparse_parser *parser)
{
    CHECK_OK(oomparse_parser_push(parser, SUMMARY, sizeof SUMMARY - 1));
    CHECK_OK(oomparse_parser_push(parser, KILLED, sizeof KILLED - 1));
}

static bool is(oomparse_str text, const char *wanted)
{
    return text.len == strlen(wanted) && memcmp(text.data, wanted, text.len) == 0;
}

static void event_outlives_its_parser(void)
{
    oomparse_parser *parser;
    oomparse_event *event;
    oomparse_event *copy;
    oomparse_str pod;

    CHECK_OK(oomparse_parser_new(NULL, &parser));
    push_kill(parser);
    CHECK_OK(oomparse_parser_next_event(parser, &event));
    oomparse_parser_free(parser);
    CHECK_OK(oomparse_event_clone(event, &copy));
    oomparse_event_free(event);
    CHECK_OK(oomparse_event_get_str(copy, OOMPARSE_FIELD_POD_UID, &pod));
    CHECK(is(pod, "3962896b-ab69-4572-8f1d-ee756f9f3589"));
    oomparse_event_free(copy);
}

struct seen {
    oomparse_parser *parser;
    const oomparse_event *late;
    int events;
    int depth;
};

static void remember(void *user, const oomparse_event *event)
{
    struct seen *seen = (struct seen *)user;
    uint64_t pid;

    CHECK_OK(oomparse_event_get_u64(event, OOMPARSE_FIELD_VICTIM_PID, &pid));
    CHECK(pid == 7 || pid == 8);
    seen->late = event;
    seen->events++;
    /* Freeing it is none of the callback's business, and does nothing. */
    oomparse_event_free((oomparse_event *)(uintptr_t)event);
    /* The parser may be used from its own callback. */
    if (seen->depth++ == 0) {
        CHECK_OK(oomparse_parser_push(seen->parser, LATER_KILLED, sizeof LATER_KILLED - 1));
        CHECK_OK(oomparse_parser_give_waiting(seen->parser));
    }
    CHECK_OK(oomparse_event_get_u64(event, OOMPARSE_FIELD_VICTIM_PID, &pid));
    seen->depth--;
}

static void event_used_after_its_callback(void)
{
    struct seen seen = {NULL, NULL, 0, 0};
    oomparse_event *copy;
    oomparse_str json;
    uint64_t pid = 1;

    CHECK_OK(oomparse_parser_new(NULL, &seen.parser));
    CHECK_OK(oomparse_parser_set_callback(seen.parser, remember, &seen));
    push_kill(seen.parser);
    CHECK(seen.events == 2);
    CHECK(oomparse_event_get_u64(seen.late, OOMPARSE_FIELD_VICTIM_PID, &pid)
          == OOMPARSE_RESULT_EVENT_OVER);
    CHECK(pid == 0);
    CHECK(oomparse_event_to_json(seen.late, &json) == OOMPARSE_RESULT_EVENT_OVER && json.data == NULL);
    CHECK(oomparse_event_clone(seen.late, &copy) == OOMPARSE_RESULT_EVENT_OVER && copy == NULL);
    CHECK_OK(oomparse_parser_push(seen.parser, "the next line", 13));
    CHECK(oomparse_event_to_json(seen.late, &json) == OOMPARSE_RESULT_EVENT_OVER);
    oomparse_parser_free(seen.parser);
}

static void table_outlives_its_handle(void)
{
    oomparse_parser *parser;
    oomparse_pods *pods;
    oomparse_event *event;
    oomparse_names *names;
    oomparse_loaded loaded;
    oomparse_str text;

    CHECK_OK(oomparse_pods_new(&pods));
    CHECK_OK(oomparse_pods_load(pods, PODS, sizeof PODS - 1, &loaded));
    CHECK(loaded.records == 1 && loaded.skipped == 0 && loaded.message[0] == '\0');
    CHECK_OK(oomparse_parser_new(NULL, &parser));
    CHECK_OK(oomparse_parser_set_pods(parser, pods));
    CHECK_OK(oomparse_pods_lookup(pods, "3962896b_ab69_4572_8f1d_ee756f9f3589", 36, &names));
    oomparse_pods_free(pods);
    CHECK_OK(oomparse_names_get(names, OOMPARSE_NAME_POD, &text));
    CHECK(is(text, "web-0"));
    CHECK(oomparse_names_get(names, OOMPARSE_NAME_NODE, &text) == OOMPARSE_RESULT_ABSENT);
    CHECK(oomparse_names_get(names, 99, &text) == OOMPARSE_RESULT_UNKNOWN_FIELD);
    oomparse_names_free(names);
    push_kill(parser);
    CHECK_OK(oomparse_parser_next_event(parser, &event));
    CHECK_OK(oomparse_event_get_str(event, OOMPARSE_FIELD_POD_NAME, &text));
    CHECK(is(text, "web-0"));
    oomparse_event_free(event);
    oomparse_parser_free(parser);
}

static void enriching_changes_the_json(void)
{
    oomparse_parser *parser;
    oomparse_pods *pods;
    oomparse_event *event;
    oomparse_str json;

    CHECK_OK(oomparse_parser_new(NULL, &parser));
    push_kill(parser);
    CHECK_OK(oomparse_parser_next_event(parser, &event));
    CHECK_OK(oomparse_event_to_json(event, &json));
    CHECK_OK(oomparse_pods_new(&pods));
    CHECK(oomparse_pods_enrich(pods, event) == OOMPARSE_RESULT_ABSENT);
    CHECK_OK(oomparse_pods_load(pods, PODS, sizeof PODS - 1, NULL));
    CHECK_OK(oomparse_pods_enrich(pods, event));
    CHECK_OK(oomparse_event_to_json(event, &json));
    CHECK(json.len > 20 && memcmp(json.data, "{\"schema\":", 10) == 0);
    oomparse_event_free(event);
    oomparse_pods_free(pods);
    oomparse_parser_free(parser);
}

static void events_that_nobody_takes_are_dropped(void)
{
    oomparse_options *options;
    oomparse_parser *parser;
    uint64_t dropped;
    int i;

    CHECK_OK(oomparse_options_new(&options));
    CHECK_OK(oomparse_options_set_max_events(options, 2));
    CHECK_OK(oomparse_parser_new(options, &parser));
    oomparse_options_free(options);
    for (i = 0; i < 5; i++) {
        char line[128];
        int len = snprintf(line, sizeof line, "[%d.0] Killed process %d (a)", i, i + 1);

        CHECK_OK(oomparse_parser_push(parser, line, (size_t)len));
    }
    CHECK_OK(oomparse_parser_finish(parser));
    CHECK_OK(oomparse_parser_dropped_events(parser, &dropped));
    CHECK(dropped == 3);
    oomparse_parser_free(parser);
}

static void logs_are_kept_apart_by_key(void)
{
    oomparse_parser *parser;
    oomparse_event *event;
    oomparse_str key;
    oomparse_str pod;
    bool wants;

    CHECK_OK(oomparse_parser_new(NULL, &parser));
    CHECK_OK(oomparse_parser_push_keyed(parser, "a", 1, INVOKED, sizeof INVOKED - 1));
    CHECK_OK(oomparse_parser_push_keyed(parser, "a", 1, SUMMARY, sizeof SUMMARY - 1));
    CHECK_OK(oomparse_parser_push_keyed(parser, "c", 1, INVOKED, sizeof INVOKED - 1));
    CHECK_OK(oomparse_parser_wants_every_line_keyed(parser, "c", 1, &wants));
    CHECK(wants);
    CHECK_OK(oomparse_parser_wants_every_line_keyed(parser, "b", 1, &wants));
    CHECK(!wants);
    CHECK_OK(oomparse_parser_push_keyed(parser, "b", 1, KILLED, sizeof KILLED - 1));
    CHECK_OK(oomparse_parser_finish_keyed(parser, "b", 1));
    CHECK_OK(oomparse_parser_next_event(parser, &event));
    CHECK_OK(oomparse_event_key(event, &key));
    CHECK(is(key, "b"));
    CHECK(oomparse_event_get_str(event, OOMPARSE_FIELD_POD_UID, &pod) == OOMPARSE_RESULT_ABSENT);
    oomparse_event_free(event);
    CHECK_OK(oomparse_parser_push_chunk_keyed(parser, "a", 1, KILLED, sizeof KILLED - 1));
    CHECK_OK(oomparse_parser_push_chunk_keyed(parser, "a", 1, "\n", 1));
    CHECK_OK(oomparse_parser_next_event(parser, &event));
    CHECK_OK(oomparse_event_get_str(event, OOMPARSE_FIELD_POD_UID, &pod));
    oomparse_event_free(event);
    oomparse_parser_free(parser);
}

int main(void)
{
    event_outlives_its_parser();
    event_used_after_its_callback();
    table_outlives_its_handle();
    enriching_changes_the_json();
    events_that_nobody_takes_are_dropped();
    logs_are_kept_apart_by_key();
    return 0;
}
