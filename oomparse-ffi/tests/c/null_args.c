/* Every function, given NULL and nonsense: a result, never a crash. */
#include "common.h"

#define IS_NULL(call) CHECK((call) == OOMPARSE_RESULT_NULL_PARAMETER)

static void frees_take_null(void)
{
    oomparse_options_free(NULL);
    oomparse_parser_free(NULL);
    oomparse_event_free(NULL);
    oomparse_pods_free(NULL);
    oomparse_names_free(NULL);
}

static void options(void)
{
    oomparse_options *options;

    IS_NULL(oomparse_options_new(NULL));
    IS_NULL(oomparse_options_set_tasks(NULL, true));
    IS_NULL(oomparse_options_set_year(NULL, 2024));
    IS_NULL(oomparse_options_set_utc_offset(NULL, 0));
    IS_NULL(oomparse_options_set_host(NULL, "h", 1));
    IS_NULL(oomparse_options_set_boot_id(NULL, "b", 1));
    IS_NULL(oomparse_options_add_cgroup_root(NULL, "/b", 2));
    IS_NULL(oomparse_options_add_text_key(NULL, "log", 3));
    IS_NULL(oomparse_options_set_since(NULL, 1));
    IS_NULL(oomparse_options_set_trust(NULL, OOMPARSE_TRUST_ANY));
    IS_NULL(oomparse_options_add_source(NULL, "all", 3));
    IS_NULL(oomparse_options_set_origin(NULL, "earlyoom", 8));
    IS_NULL(oomparse_options_set_max_streams(NULL, 1));
    IS_NULL(oomparse_options_set_max_events(NULL, 1));
    CHECK_OK(oomparse_options_new(&options));
    IS_NULL(oomparse_options_set_host(options, NULL, 1));
    CHECK_OK(oomparse_options_set_host(options, NULL, 0));
    CHECK(oomparse_options_set_host(options, "h", SIZE_MAX) == OOMPARSE_RESULT_INVALID_LENGTH);
    IS_NULL(oomparse_options_add_text_key(options, NULL, 1));
    CHECK(oomparse_options_add_text_key(options, "$a[", 3) == OOMPARSE_RESULT_INVALID_VALUE);
    CHECK(oomparse_options_add_text_key(options, "", 0) == OOMPARSE_RESULT_INVALID_VALUE);
    CHECK(oomparse_options_set_year(options, 1969) == OOMPARSE_RESULT_INVALID_VALUE);
    CHECK(oomparse_options_set_utc_offset(options, 1440) == OOMPARSE_RESULT_INVALID_VALUE);
    CHECK(oomparse_options_set_trust(options, 0) == OOMPARSE_RESULT_INVALID_VALUE);
    CHECK(oomparse_options_set_max_streams(options, 0) == OOMPARSE_RESULT_INVALID_VALUE);
    CHECK(oomparse_options_set_max_streams(options, 1025) == OOMPARSE_RESULT_INVALID_VALUE);
    CHECK(oomparse_options_set_max_events(options, 0) == OOMPARSE_RESULT_INVALID_VALUE);
    oomparse_options_free(options);
}

static void parser(void)
{
    oomparse_parser *parser;
    oomparse_event *event;
    uint64_t dropped;
    bool wants;

    IS_NULL(oomparse_parser_new(NULL, NULL));
    IS_NULL(oomparse_parser_set_callback(NULL, NULL, NULL));
    IS_NULL(oomparse_parser_set_pods(NULL, NULL));
    IS_NULL(oomparse_parser_push(NULL, "a", 1));
    IS_NULL(oomparse_parser_push_chunk(NULL, "a", 1));
    IS_NULL(oomparse_parser_push_keyed(NULL, "a", 1, "a", 1));
    IS_NULL(oomparse_parser_push_chunk_keyed(NULL, "a", 1, "a", 1));
    IS_NULL(oomparse_parser_push_record(NULL, "a", 1, "a", 1, 0, &event));
    CHECK(oomparse_parser_wants_record(NULL, "a", 1, "a", 1));
    CHECK(oomparse_parser_wants_record(NULL, NULL, 1, NULL, 1));
    IS_NULL(oomparse_parser_give_waiting(NULL));
    IS_NULL(oomparse_parser_give_waiting_keyed(NULL, "a", 1));
    IS_NULL(oomparse_parser_give_all_waiting(NULL));
    IS_NULL(oomparse_parser_finish(NULL));
    IS_NULL(oomparse_parser_finish_keyed(NULL, "a", 1));
    IS_NULL(oomparse_parser_next_event(NULL, &event));
    CHECK(event == NULL);
    IS_NULL(oomparse_parser_wants_every_line(NULL, &wants));
    IS_NULL(oomparse_parser_wants_every_line_keyed(NULL, "a", 1, &wants));
    IS_NULL(oomparse_parser_dropped_events(NULL, &dropped));

    CHECK_OK(oomparse_parser_new(NULL, &parser));
    IS_NULL(oomparse_parser_push(parser, NULL, 1));
    CHECK_OK(oomparse_parser_push(parser, NULL, 0));
    CHECK_OK(oomparse_parser_push(parser, "", 0));
    CHECK_OK(oomparse_parser_push(parser, "\n", 1));
    CHECK(oomparse_parser_push(parser, "a", SIZE_MAX) == OOMPARSE_RESULT_INVALID_LENGTH);
    CHECK(oomparse_parser_push_chunk(parser, "a", SIZE_MAX / 2 + 1) == OOMPARSE_RESULT_INVALID_LENGTH);
    IS_NULL(oomparse_parser_push_chunk(parser, NULL, 7));
    IS_NULL(oomparse_parser_push_keyed(parser, NULL, 1, "a", 1));
    CHECK_OK(oomparse_parser_push_keyed(parser, NULL, 0, "a", 1));
    CHECK_OK(oomparse_parser_give_waiting(parser));
    CHECK_OK(oomparse_parser_give_all_waiting(parser));
    IS_NULL(oomparse_parser_give_waiting_keyed(parser, NULL, 1));
    CHECK_OK(oomparse_parser_give_waiting_keyed(parser, NULL, 0));
    IS_NULL(oomparse_parser_next_event(parser, NULL));
    CHECK(oomparse_parser_next_event(parser, &event) == OOMPARSE_RESULT_ABSENT && event == NULL);
    IS_NULL(oomparse_parser_wants_every_line(parser, NULL));
    CHECK_OK(oomparse_parser_set_callback(parser, NULL, NULL));
    CHECK_OK(oomparse_parser_set_pods(parser, NULL));
    oomparse_parser_free(parser);
    CHECK(!oomparse_line_is_candidate(NULL, 0) && !oomparse_line_is_candidate(NULL, 9));
    CHECK(!oomparse_line_is_candidate("Killed process 1", SIZE_MAX));
    CHECK(oomparse_line_is_candidate("Killed process 1", 16));
}

static void event(void)
{
    oomparse_parser *parser;
    oomparse_event *event;
    oomparse_taken taken;
    oomparse_str text;
    uint64_t number;
    int64_t with_sign;
    size_t len;
    bool truth;
    static const char line[] = "[1.5] Killed process 7 (\xff\xfe) total-vm:8kB, anon-rss:0kB";

    IS_NULL(oomparse_event_clone(NULL, &event));
    IS_NULL(oomparse_event_to_json(NULL, &text));
    IS_NULL(oomparse_event_members(NULL, &text));
    IS_NULL(oomparse_event_key(NULL, &text));
    IS_NULL(oomparse_event_get_str(NULL, OOMPARSE_FIELD_TYPE, &text));
    IS_NULL(oomparse_event_get_u64(NULL, OOMPARSE_FIELD_VICTIM_PID, &number));
    IS_NULL(oomparse_event_get_i64(NULL, OOMPARSE_FIELD_INVOKER_ORDER, &with_sign));
    IS_NULL(oomparse_event_get_bool(NULL, OOMPARSE_FIELD_OOM_GROUP, &truth));
    IS_NULL(oomparse_event_list_len(NULL, OOMPARSE_LIST_EVIDENCE, &len));
    IS_NULL(oomparse_event_list_str(NULL, OOMPARSE_LIST_EVIDENCE, 0, &text));
    IS_NULL(oomparse_event_stats_len(NULL, 0, &len));
    IS_NULL(oomparse_event_get_stat(NULL, 0, 0, &text, &number));
    IS_NULL(oomparse_event_tasks_len(NULL, &len));
    IS_NULL(oomparse_event_get_task(NULL, 0, OOMPARSE_TASK_PID, &with_sign));
    IS_NULL(oomparse_event_get_task_comm(NULL, 0, &text));
    CHECK(!oomparse_event_is_of_last_line(NULL));

    CHECK_OK(oomparse_parser_new(NULL, &parser));
    IS_NULL(oomparse_parser_push_taken(parser, line, sizeof line - 1, NULL));
    IS_NULL(oomparse_parser_push_taken(NULL, line, sizeof line - 1, &taken));
    IS_NULL(oomparse_parser_push_keyed_taken(NULL, line, 3, line, sizeof line - 1, &taken));
    CHECK_OK(oomparse_parser_push_taken(parser, line, sizeof line - 1, &taken));
    CHECK(taken.is_of_report && taken.events == 0);
    CHECK_OK(oomparse_parser_finish(parser));
    CHECK_OK(oomparse_parser_next_event(parser, &event));
    oomparse_parser_free(parser);

    IS_NULL(oomparse_event_clone(event, NULL));
    IS_NULL(oomparse_event_to_json(event, NULL));
    IS_NULL(oomparse_event_members(event, NULL));
    CHECK(oomparse_event_members(event, &text) == OOMPARSE_RESULT_ABSENT && text.data == NULL);
    IS_NULL(oomparse_event_get_str(event, OOMPARSE_FIELD_TYPE, NULL));
    IS_NULL(oomparse_event_get_u64(event, OOMPARSE_FIELD_VICTIM_PID, NULL));
    IS_NULL(oomparse_event_get_stat(event, 0, 0, NULL, NULL));
    CHECK(oomparse_event_key(event, &text) == OOMPARSE_RESULT_ABSENT);
    CHECK(oomparse_event_get_u64(event, 0, &number) == OOMPARSE_RESULT_UNKNOWN_FIELD);
    CHECK(oomparse_event_get_u64(event, UINT32_MAX, &number) == OOMPARSE_RESULT_UNKNOWN_FIELD);
    CHECK(oomparse_event_list_len(event, 99, &len) == OOMPARSE_RESULT_UNKNOWN_FIELD);
    CHECK(oomparse_event_get_stat(event, SIZE_MAX, 0, &text, &number) == OOMPARSE_RESULT_OUT_OF_RANGE);
    CHECK(oomparse_event_get_task(event, 0, 1, &with_sign) == OOMPARSE_RESULT_OUT_OF_RANGE);
    /* Absent is not zero. */
    CHECK_OK(oomparse_event_get_u64(event, OOMPARSE_FIELD_VICTIM_ANON_RSS_BYTES, &number));
    CHECK(number == 0);
    CHECK(oomparse_event_get_u64(event, OOMPARSE_FIELD_VICTIM_FILE_RSS_BYTES, &number)
          == OOMPARSE_RESULT_ABSENT);
    /* Bytes that are no UTF-8 come as they are. */
    CHECK_OK(oomparse_event_get_str(event, OOMPARSE_FIELD_VICTIM_COMM, &text));
    CHECK(text.len == 2 && memcmp(text.data, "\xff\xfe", 2) == 0);
    CHECK(oomparse_event_is_of_last_line(event));
    oomparse_event_free(event);
}

static void pods(void)
{
    oomparse_pods *pods;
    oomparse_names *names;
    oomparse_loaded loaded;
    oomparse_str text;
    size_t n;

    IS_NULL(oomparse_pods_new(NULL));
    IS_NULL(oomparse_pods_keep_labels(NULL, "a", 1));
    IS_NULL(oomparse_pods_load(NULL, "a", 1, &loaded));
    IS_NULL(oomparse_pods_load_path(NULL, "a", 1, &loaded));
    IS_NULL(oomparse_pods_follow_path(NULL, "a", 1, &loaded));
    IS_NULL(oomparse_pods_learn(NULL, "kubelet", 7, "a", 1));
    IS_NULL(oomparse_pods_len(NULL, &n, &n));
    IS_NULL(oomparse_pods_lookup(NULL, "a", 1, &names));
    IS_NULL(oomparse_pods_lookup_container(NULL, "a", 1, &names));
    IS_NULL(oomparse_pods_enrich(NULL, NULL));
    IS_NULL(oomparse_names_get(NULL, OOMPARSE_NAME_POD, &text));

    CHECK_OK(oomparse_pods_new(&pods));
    CHECK_OK(oomparse_pods_load(pods, NULL, 0, NULL));
    IS_NULL(oomparse_pods_load(pods, NULL, 1, NULL));
    CHECK(oomparse_pods_load(pods, "{", 1, &loaded) == OOMPARSE_RESULT_BAD_LISTING);
    CHECK(loaded.records == 0 && strlen(loaded.message) > 10);
    CHECK(oomparse_pods_load(pods, "{", 1, NULL) == OOMPARSE_RESULT_BAD_LISTING);
    CHECK(oomparse_pods_load_path(pods, "/nowhere/at/all", 15, &loaded) == OOMPARSE_RESULT_IO);
    CHECK(strncmp(loaded.message, "/nowhere/at/all: ", 17) == 0);
    CHECK(oomparse_pods_load_path(pods, "\xff", 1, NULL) == OOMPARSE_RESULT_INVALID_UTF8);
    CHECK(oomparse_pods_lookup(pods, "x", 1, &names) == OOMPARSE_RESULT_ABSENT && names == NULL);
    CHECK(oomparse_pods_lookup(pods, "\xff", 1, &names) == OOMPARSE_RESULT_INVALID_UTF8);
    CHECK(oomparse_pods_learn(pods, "cat", 3, "x", 1) == OOMPARSE_RESULT_ABSENT);
    oomparse_pods_free(pods);
}

static void cgroup(void)
{
    oomparse_cgroup cgroup;

    IS_NULL(oomparse_cgroup_parse("/", 1, NULL));
    IS_NULL(oomparse_cgroup_parse(NULL, 1, &cgroup));
    CHECK_OK(oomparse_cgroup_parse(NULL, 0, &cgroup));
    CHECK(cgroup.driver.data == NULL && cgroup.pod_uid[0] == '\0');
    CHECK_OK(oomparse_cgroup_parse("\xff\xff", 2, &cgroup));
}

static void names_of_numbers(void)
{
    uint32_t number;

    for (number = 0; number < 300; number++) {
        CHECK(strlen(oomparse_result_str(number)) > 3);
    }
    CHECK(oomparse_field_name(0) == NULL && oomparse_field_kind(0) == 0);
    CHECK(strcmp(oomparse_field_name(OOMPARSE_FIELD_VICTIM_PID), "victim.pid") == 0);
}

int main(void)
{
    frees_take_null();
    options();
    parser();
    event();
    pods();
    cgroup();
    names_of_numbers();
    return 0;
}
