/* Reads logs and prints their events as JSON, one a line: what the Rust core prints, byte for byte.
 *
 * corpus MODE LIST
 *   MODE  chunk    each log at once, events taken from the parser
 *         bytes    cut into pieces of 7 bytes
 *         line     line by line
 *         callback line by line, events given to a callback
 *         keyed    line by line under the log's name, all logs with one parser
 *         fields   as chunk, but every value through its own function, one a line
 *   LIST  a file: a log's path and its options a line, with tabs between:
 *         path tasks year utc-offset host boot-id listing-of-pods sources origin
 */
#include "common.h"

static int mark;

static void print_str(oomparse_str text)
{
    fwrite(text.data, 1, text.len, stdout);
}

static void print_json(const oomparse_event *event)
{
    oomparse_str json;

    CHECK_OK(oomparse_event_to_json(event, &json));
    print_str(json);
    putchar('\n');
}

static void print_escaped(oomparse_str text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        printf("%02x", (unsigned char)text.data[i]);
    }
}

static void print_single_fields(const oomparse_event *event)
{
    uint32_t field;

    for (field = 1; field < 256; field++) {
        oomparse_str text;
        uint64_t number;
        int64_t with_sign;
        double fraction;
        bool truth;
        oomparse_result result = OOMPARSE_RESULT_ABSENT;
        uint32_t kind = oomparse_field_kind(field);

        CHECK((kind == 0) == (oomparse_field_name(field) == NULL));
        if (kind == OOMPARSE_KIND_STR) {
            result = oomparse_event_get_str(event, field, &text);
            CHECK((result == OOMPARSE_RESULT_OK) == (text.data != NULL));
            CHECK(oomparse_event_get_u64(event, field, &number) == OOMPARSE_RESULT_WRONG_KIND);
        } else if (kind == OOMPARSE_KIND_U64) {
            result = oomparse_event_get_u64(event, field, &number);
            CHECK(oomparse_event_get_i64(event, field, &with_sign) == OOMPARSE_RESULT_WRONG_KIND);
        } else if (kind == OOMPARSE_KIND_I64) {
            result = oomparse_event_get_i64(event, field, &with_sign);
            CHECK(oomparse_event_get_bool(event, field, &truth) == OOMPARSE_RESULT_WRONG_KIND);
        } else if (kind == OOMPARSE_KIND_BOOL) {
            result = oomparse_event_get_bool(event, field, &truth);
            CHECK(oomparse_event_get_str(event, field, &text) == OOMPARSE_RESULT_WRONG_KIND);
        } else if (kind == OOMPARSE_KIND_F64) {
            result = oomparse_event_get_f64(event, field, &fraction);
            CHECK(oomparse_event_get_u64(event, field, &number) == OOMPARSE_RESULT_WRONG_KIND);
        } else {
            CHECK(oomparse_event_get_u64(event, field, &number) == OOMPARSE_RESULT_UNKNOWN_FIELD);
        }
        CHECK(kind == 0 || result == OOMPARSE_RESULT_OK || result == OOMPARSE_RESULT_ABSENT);
        if (kind == 0 || result == OOMPARSE_RESULT_ABSENT) {
            continue;
        }
        printf("%s ", oomparse_field_name(field));
        switch (kind) {
        case OOMPARSE_KIND_STR: print_escaped(text); break;
        case OOMPARSE_KIND_U64: printf("%llu", (unsigned long long)number); break;
        case OOMPARSE_KIND_I64: printf("%lld", (long long)with_sign); break;
        case OOMPARSE_KIND_F64: printf("%.2f", fraction); break;
        default: printf("%s", truth ? "true" : "false"); break;
        }
        putchar('\n');
    }
}

static void print_list(const oomparse_event *event, const char *name, uint32_t list)
{
    size_t len;
    size_t i;
    oomparse_str text;

    CHECK_OK(oomparse_event_list_len(event, list, &len));
    for (i = 0; i < len; i++) {
        CHECK_OK(oomparse_event_list_str(event, list, i, &text));
        printf("%s.%lu ", name, (unsigned long)i);
        print_escaped(text);
        putchar('\n');
    }
    CHECK(oomparse_event_list_str(event, list, len, &text) == OOMPARSE_RESULT_OUT_OF_RANGE);
}

static void print_labels(const oomparse_event *event)
{
    size_t len;
    size_t i;
    oomparse_str text;

    CHECK_OK(oomparse_event_list_len(event, OOMPARSE_LIST_LABEL_KEYS, &len));
    for (i = 0; i < len; i++) {
        CHECK_OK(oomparse_event_list_str(event, OOMPARSE_LIST_LABEL_KEYS, i, &text));
        printf("pod.labels.");
        print_str(text);
        CHECK_OK(oomparse_event_list_str(event, OOMPARSE_LIST_LABEL_VALUES, i, &text));
        putchar(' ');
        print_escaped(text);
        putchar('\n');
    }
}

static void print_stats(const oomparse_event *event)
{
    size_t blocks;
    size_t block;

    CHECK_OK(oomparse_event_list_len(event, OOMPARSE_LIST_STAT_PATHS, &blocks));
    for (block = 0; block < blocks; block++) {
        size_t len;
        size_t i;

        CHECK_OK(oomparse_event_stats_len(event, block, &len));
        for (i = 0; i < len; i++) {
            oomparse_str key;
            uint64_t value;

            CHECK_OK(oomparse_event_get_stat(event, block, i, &key, &value));
            printf("memcg_stats.%lu.values.", (unsigned long)block);
            print_str(key);
            printf(" %llu\n", (unsigned long long)value);
        }
    }
}

static void print_tasks(const oomparse_event *event)
{
    static const char *const figures[] = {
        "pid", "tgid", "uid", "total_vm_pages", "rss_pages", "rss_anon_pages", "rss_file_pages",
        "rss_shmem_pages", "nr_ptes_pages", "nr_pmds_pages", "pgtables_bytes", "swapents_pages",
        "cpu", "oom_adj", "oom_score_adj"
    };
    size_t rows;
    size_t row;

    CHECK_OK(oomparse_event_tasks_len(event, &rows));
    for (row = 0; row < rows; row++) {
        uint32_t figure;
        oomparse_str comm;

        for (figure = OOMPARSE_TASK_PID; figure <= OOMPARSE_TASK_OOM_SCORE_ADJ; figure++) {
            int64_t value;
            oomparse_result result = oomparse_event_get_task(event, row, figure, &value);

            if (result != OOMPARSE_RESULT_ABSENT) {
                CHECK_OK(result);
                printf("tasks.%lu.%s %lld\n", (unsigned long)row, figures[figure - 1],
                       (long long)value);
            }
        }
        if (oomparse_event_get_task_comm(event, row, &comm) == OOMPARSE_RESULT_OK) {
            printf("tasks.%lu.comm ", (unsigned long)row);
            print_escaped(comm);
            putchar('\n');
        }
    }
}

static void print_victims(const oomparse_event *event)
{
    size_t len;
    size_t i;
    uint32_t pid;
    oomparse_str comm;

    CHECK_OK(oomparse_event_victims_len(event, &len));
    for (i = 0; i < len; i++) {
        CHECK_OK(oomparse_event_get_victim(event, i, &pid, &comm));
        printf("victims.%lu.pid %lu\n", (unsigned long)i, (unsigned long)pid);
        if (comm.data != NULL) {
            printf("victims.%lu.comm ", (unsigned long)i);
            print_escaped(comm);
            putchar('\n');
        }
    }
    CHECK(oomparse_event_get_victim(event, len, &pid, &comm) == OOMPARSE_RESULT_OUT_OF_RANGE);
}

static void print_fields(const oomparse_event *event)
{
    print_single_fields(event);
    print_victims(event);
    print_list(event, "memcg_stats.path", OOMPARSE_LIST_STAT_PATHS);
    print_stats(event);
    print_tasks(event);
    print_list(event, "evidence", OOMPARSE_LIST_EVIDENCE);
    print_list(event, "truncated", OOMPARSE_LIST_TRUNCATED);
    print_labels(event);
    printf(".\n");
}

static void on_event(void *user, const oomparse_event *event)
{
    CHECK(user == &mark);
    print_json(event);
}

static void drain(oomparse_parser *parser, bool fields)
{
    oomparse_event *event;

    while (oomparse_parser_next_event(parser, &event) == OOMPARSE_RESULT_OK) {
        if (fields) {
            print_fields(event);
        } else {
            print_json(event);
        }
        oomparse_event_free(event);
    }
    CHECK(event == NULL);
}

static void set_sources(oomparse_options *options, char **rest)
{
    const char *names = next_column(rest);
    const char *origin = next_column(rest);

    while (names[0] != '\0') {
        size_t len = strcspn(names, ",");

        CHECK_OK(oomparse_options_add_source(options, names, len));
        names += len + (names[len] == ',');
    }
    CHECK_OK(oomparse_options_set_origin(options, origin, strlen(origin)));
}

static void push_lines(oomparse_parser *parser, const char *key, const char *log, size_t len)
{
    size_t start = 0;

    while (start < len) {
        const char *end = (const char *)memchr(log + start, '\n', len - start);
        size_t line_len = end != NULL ? (size_t)(end - (log + start)) : len - start;

        if (key != NULL) {
            CHECK_OK(oomparse_parser_push_keyed(parser, key, strlen(key), log + start, line_len));
        } else {
            CHECK_OK(oomparse_parser_push(parser, log + start, line_len));
        }
        start += line_len + 1;
    }
}

static oomparse_options *read_options(char **rest)
{
    oomparse_options *options;
    const char *tasks = next_column(rest);
    const char *year = next_column(rest);
    const char *offset = next_column(rest);
    const char *host = next_column(rest);
    const char *boot_id = next_column(rest);

    CHECK_OK(oomparse_options_new(&options));
    CHECK_OK(oomparse_options_set_tasks(options, strcmp(tasks, "1") == 0));
    CHECK_OK(oomparse_options_set_year(options, (uint16_t)atoi(year)));
    if (offset[0] != '\0') {
        CHECK_OK(oomparse_options_set_utc_offset(options, (int16_t)atoi(offset)));
    }
    CHECK_OK(oomparse_options_set_host(options, host, strlen(host)));
    CHECK_OK(oomparse_options_set_boot_id(options, boot_id, strlen(boot_id)));
    return options;
}

static void set_pods(oomparse_parser *parser, const char *path)
{
    oomparse_pods *pods;

    if (path[0] == '\0') {
        return;
    }
    CHECK_OK(oomparse_pods_new(&pods));
    CHECK_OK(oomparse_pods_keep_labels(pods, "*", 1));
    CHECK_OK(oomparse_pods_load_path(pods, path, strlen(path), NULL));
    CHECK_OK(oomparse_parser_set_pods(parser, pods));
    oomparse_pods_free(pods);
}

static void read_log(const char *mode, char *line)
{
    char *rest = line;
    const char *path = next_column(&rest);
    oomparse_options *options = read_options(&rest);
    const char *listing = next_column(&rest);
    oomparse_parser *parser;
    size_t len;
    size_t at;
    char *log = read_file(path, &len);

    set_sources(options, &rest);
    CHECK_OK(oomparse_parser_new(options, &parser));
    oomparse_options_free(options);
    set_pods(parser, listing);
    printf("== %s\n", path);
    if (strcmp(mode, "chunk") == 0 || strcmp(mode, "fields") == 0) {
        CHECK_OK(oomparse_parser_push_chunk(parser, log, len));
    } else if (strcmp(mode, "bytes") == 0) {
        for (at = 0; at < len; at += 7) {
            CHECK_OK(oomparse_parser_push_chunk(parser, log + at, len - at < 7 ? len - at : 7));
        }
    } else {
        if (strcmp(mode, "callback") == 0) {
            CHECK_OK(oomparse_parser_set_callback(parser, on_event, &mark));
        }
        push_lines(parser, strcmp(mode, "keyed") == 0 ? path : NULL, log, len);
    }
    CHECK_OK(oomparse_parser_finish(parser));
    drain(parser, strcmp(mode, "fields") == 0);
    oomparse_parser_free(parser);
    free(log);
}

int main(int argc, char **argv)
{
    size_t len;
    char *list;
    char *line;
    char *end;

    CHECK(argc == 3);
    list = read_file(argv[2], &len);
    for (line = list; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        read_log(argv[1], line);
    }
    free(list);
    return 0;
}
