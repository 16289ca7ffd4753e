/* A small host that loads flb-filter_oomparse.so and calls it as Fluent Bit does.
 *
 * host SO [KEY=VALUE ...] < LIST
 *   LIST: tag, chunk file, output file a line, with tabs between. An output is the chunk as it goes on.
 *
 * Its own words, from the layouts that src/abi.rs names. Built with -DOLD it is a host of 2.1: no
 * cb_pre_run, and without the functions that came later.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct mk_list {
    struct mk_list *prev;
    struct mk_list *next;
};

struct flb_kv {
    char *key;
    char *val;
    struct mk_list head;
};

struct plugin {
    int event_type;
    int flags;
    char *name;
    char *description;
    void *config_map;
#ifndef OLD
    int (*cb_pre_run)(void *, void *, void *);
#endif
    int (*cb_init)(void *, void *, void *);
    int (*cb_filter)(const void *, size_t, const char *, int, void **, size_t *, void *, void *, void *, void *);
    int (*cb_exit)(void *, void *);
#ifndef OLD
    int (*cb_notification)(void *, void *, void *);
#endif
    struct mk_list head;
};

struct instance {
    int event_type;
    int id;
    int log_level;
    int log_suppress_interval;
    char name[32];
    char *alias;
    char *match;
    void *match_regex;
    void *parent_processor;
    void *context;
    void *data;
    struct plugin *p;
    struct mk_list properties;
    void *config_map;
    struct mk_list head;
    void *rest[16];
};

const char *flb_filter_get_property(const char *key, struct instance *ins)
{
    struct mk_list *entry;

    for (entry = ins->properties.next; entry != &ins->properties; entry = entry->next) {
        struct flb_kv *kv = (struct flb_kv *)((char *)entry - offsetof(struct flb_kv, head));

        if (strcasecmp(kv->key, key) == 0) {
            return kv->val;
        }
    }
    return NULL;
}

void flb_filter_set_context(struct instance *ins, void *context)
{
    ins->context = context;
}

const char *flb_filter_name(struct instance *ins)
{
    return ins->alias != NULL ? ins->alias : ins->name;
}

void flb_log_print(int type, const char *file, int line, const char *format, ...)
{
    static const char *const levels[] = {"off", "error", "warn", "info", "debug"};
    va_list args;

    (void)file;
    (void)line;
    fprintf(stderr, "[%s] ", levels[type]);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

#ifndef OLD
void flb_output_enable_multi_threading(void *ins, void *config)
{
    (void)ins;
    (void)config;
}
#endif

static void fail(const char *what)
{
    fprintf(stderr, "host: %s\n", what);
    exit(2);
}

static char *read_file(const char *path, size_t *out_len)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    long size;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        fail(path);
    }
    rewind(file);
    /* No byte more than the chunk, so that the sanitizer sees a read beyond it. */
    bytes = malloc(size > 0 ? (size_t)size : 1);
    *out_len = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    return bytes;
}

static void add_property(struct instance *ins, const char *pair)
{
    const char *equals = strchr(pair, '=');
    struct flb_kv *kv = calloc(1, sizeof *kv);

    kv->key = strndup(pair, (size_t)(equals - pair));
    kv->val = strdup(equals + 1);
    kv->head.prev = ins->properties.prev;
    kv->head.next = &ins->properties;
    ins->properties.prev->next = &kv->head;
    ins->properties.prev = &kv->head;
}

static void free_properties(struct instance *ins)
{
    while (ins->properties.next != &ins->properties) {
        struct mk_list *entry = ins->properties.next;
        struct flb_kv *kv = (struct flb_kv *)((char *)entry - offsetof(struct flb_kv, head));

        ins->properties.next = entry->next;
        free(kv->key);
        free(kv->val);
        free(kv);
    }
}

static void run(struct instance *ins, char *row)
{
    char *tag = strtok(row, "\t");
    char *in = strtok(NULL, "\t");
    char *out = strtok(NULL, "\t\n");
    size_t len;
    char *bytes = read_file(in, &len);
    void *new_bytes = NULL;
    size_t new_len = 0;
    FILE *file = fopen(out, "wb");
    int ret = ins->p->cb_filter(bytes, len, tag, (int)strlen(tag), &new_bytes, &new_len, ins, NULL,
                                ins->context, NULL);

    if (file == NULL || (ret != 1 && ret != 2)) {
        fail(out);
    }
    if (ret == 1) {
        fwrite(new_bytes, 1, new_len, file);
        free(new_bytes);
    } else {
        if (new_bytes != NULL || new_len != 0) {
            fail("untouched, but a buffer came");
        }
        fwrite(bytes, 1, len, file);
    }
    fclose(file);
    free(bytes);
    printf("%d\n", ret);
}

int main(int argc, char **argv)
{
    static struct instance instance;
    struct plugin *plugin = malloc(sizeof *plugin);
    void *library;
    void *symbol;
    char row[8192];
    int i;

    library = argc > 1 ? dlopen(argv[1], RTLD_LAZY) : NULL;
    if (library == NULL) {
        fail(argc > 1 ? dlerror() : "no library");
    }
    symbol = dlsym(library, "filter_oomparse_plugin");
    if (symbol == NULL) {
        fail("no struct filter_oomparse_plugin");
    }
    memcpy(plugin, symbol, sizeof *plugin);
    plugin->head.prev = plugin->head.next = &plugin->head;
    if (strcmp(plugin->name, "oomparse") != 0 || plugin->event_type != 1) {
        fail("another plugin");
    }
    instance.p = plugin;
    instance.properties.prev = instance.properties.next = &instance.properties;
    instance.match = (char *)"*";
    snprintf(instance.name, sizeof instance.name, "%s.0", plugin->name);
    for (i = 2; i < argc; i++) {
        add_property(&instance, argv[i]);
    }
#ifndef OLD
    if (plugin->cb_pre_run != NULL && plugin->cb_pre_run(&instance, NULL, instance.data) != 0) {
        fail("refused before the run");
    }
#endif
    if (plugin->cb_init(&instance, NULL, instance.data) != 0) {
        if (instance.context != NULL) {
            fail("refused, but a context was left");
        }
        free_properties(&instance);
        free(plugin);
        return 3;
    }
    while (fgets(row, sizeof row, stdin) != NULL) {
        run(&instance, row);
    }
    if (instance.context != NULL && plugin->cb_exit(instance.context, NULL) != 0) {
        fail("cb_exit");
    }
    free_properties(&instance);
    free(plugin);
    return 0;
}
