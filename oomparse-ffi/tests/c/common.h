/* What the C tests share. They are C99 and C++17 at once. */
#ifndef COMMON_H
#define COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oomparse.h"

/* A check that stays in release builds and says where it failed. */
#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition)) {                                                          \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                 \
        }                                                                            \
    } while (0)

#define CHECK_OK(call)                                                                    \
    do {                                                                                  \
        uint32_t check_result = (uint32_t)(call);                                         \
        if (check_result != OOMPARSE_RESULT_OK) {                                         \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call,                 \
                    oomparse_result_str(check_result));                                   \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

/* The whole file, ended by a NUL that does not count. */
static inline char *read_file(const char *path, size_t *out_len)
{
    FILE *file = fopen(path, "rb");
    char *text;
    long size;

    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    size = ftell(file);
    CHECK(size >= 0);
    rewind(file);
    text = (char *)malloc((size_t)size + 1);
    CHECK(text != NULL);
    *out_len = fread(text, 1, (size_t)size, file);
    CHECK(*out_len == (size_t)size);
    text[*out_len] = '\0';
    fclose(file);
    return text;
}

/* The text up to the next tab, which becomes a NUL. */
static inline const char *next_column(char **rest)
{
    char *start = *rest;
    char *tab = strchr(start, '\t');

    if (tab != NULL) {
        *tab = '\0';
        *rest = tab + 1;
    } else {
        *rest = start + strlen(start);
    }
    return start;
}

#endif
