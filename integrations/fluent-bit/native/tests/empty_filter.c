/* A native filter that does nothing: what the filter is measured against. See host.c for the layout. */
#include <stddef.h>

struct plugin {
    int event_type;
    int flags;
    const char *name;
    const char *description;
    void *config_map;
    int (*cb_pre_run)(void *, void *, void *);
    int (*cb_init)(void *, void *, void *);
    int (*cb_filter)(const void *, size_t, const char *, int, void **, size_t *, void *, void *, void *, void *);
    int (*cb_exit)(void *, void *);
    int (*cb_notification)(void *, void *, void *);
    void *head[2];
};

static int init(void *instance, void *config, void *data)
{
    (void)instance;
    (void)config;
    (void)data;
    return 0;
}

static int filter(const void *data, size_t size, const char *tag, int tag_len, void **out, size_t *out_size,
                  void *instance, void *input, void *context, void *config)
{
    (void)data;
    (void)size;
    (void)tag;
    (void)tag_len;
    (void)out;
    (void)out_size;
    (void)instance;
    (void)input;
    (void)context;
    (void)config;
    return 2;
}

extern const struct plugin filter_empty_plugin;
const struct plugin filter_empty_plugin = {
    1, 0, "empty", "does nothing", NULL, NULL, init, filter, NULL, NULL, {NULL, NULL}
};
