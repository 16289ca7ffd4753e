/* Prints every OOM kill in a log: dmesg | ./dmesg, or ./dmesg FILE
 *
 *   cc dmesg.c $(pkg-config --cflags --libs oomparse) -o dmesg
 */
#include <oomparse.h>
#include <stdio.h>

static void print(const char *name, oomparse_str text)
{
    printf("  %s: %.*s\n", name, (int)text.len, text.data);
}

static void on_kill(void *user, const oomparse_event *event)
{
    unsigned long *kills = (unsigned long *)user;
    oomparse_str text;
    uint64_t pid;
    uint64_t bytes;

    if (oomparse_event_get_u64(event, OOMPARSE_FIELD_VICTIM_PID, &pid) != OOMPARSE_RESULT_OK) {
        return; /* the killer ran and killed nobody */
    }
    ++*kills;
    printf("killed: %llu\n", (unsigned long long)pid);
    if (oomparse_event_get_str(event, OOMPARSE_FIELD_VICTIM_COMM, &text) == OOMPARSE_RESULT_OK) {
        print("name", text);
    }
    if (oomparse_event_get_u64(event, OOMPARSE_FIELD_VICTIM_ANON_RSS_BYTES, &bytes) == OOMPARSE_RESULT_OK) {
        printf("  memory: %llu bytes\n", (unsigned long long)bytes);
    }
    if (oomparse_event_get_str(event, OOMPARSE_FIELD_POD_UID, &text) == OOMPARSE_RESULT_OK) {
        print("pod", text);
    }
    if (oomparse_event_get_str(event, OOMPARSE_FIELD_CONTAINER_ID, &text) == OOMPARSE_RESULT_OK) {
        print("container", text);
    }
}

int main(int argc, char **argv)
{
    FILE *in = argc > 1 ? fopen(argv[1], "rb") : stdin;
    oomparse_parser *parser;
    oomparse_result result;
    char chunk[65536];
    size_t len;
    unsigned long kills = 0;

    if (in == NULL) {
        perror(argv[1]);
        return 2;
    }
    result = oomparse_parser_new(NULL, &parser);
    if (result != OOMPARSE_RESULT_OK) {
        fprintf(stderr, "dmesg: %s\n", oomparse_result_str(result));
        return 2;
    }
    oomparse_parser_set_callback(parser, on_kill, &kills);
    while ((len = fread(chunk, 1, sizeof chunk, in)) > 0) {
        oomparse_parser_push_chunk(parser, chunk, len);
    }
    oomparse_parser_finish(parser);
    oomparse_parser_free(parser);
    if (in != stdin) {
        fclose(in);
    }
    return kills > 0 ? 0 : 1;
}
