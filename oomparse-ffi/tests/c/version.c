/* The header, the library and the build agree: version EXPECTED. */
#include "common.h"

int main(int argc, char **argv)
{
    char text[32];

    CHECK(argc == 2);
    CHECK(strcmp(OOMPARSE_VERSION, argv[1]) == 0);
    CHECK(strcmp(oomparse_version(), OOMPARSE_VERSION) == 0);
    CHECK(oomparse_version_number() == OOMPARSE_VERSION_NUMBER);
    CHECK(OOMPARSE_VERSION_NUMBER
          == (OOMPARSE_VERSION_MAJOR << 16 | OOMPARSE_VERSION_MINOR << 8 | OOMPARSE_VERSION_PATCH));
    snprintf(text, sizeof text, "%d.%d.%d", OOMPARSE_VERSION_MAJOR, OOMPARSE_VERSION_MINOR,
             OOMPARSE_VERSION_PATCH);
    CHECK(strcmp(text, OOMPARSE_VERSION) == 0);
    /* Numbers that programs were compiled with. */
    CHECK(OOMPARSE_RESULT_OK == 0 && OOMPARSE_RESULT_ABSENT == 1 && OOMPARSE_RESULT_NULL_PARAMETER == 2);
    CHECK(OOMPARSE_RESULT_INVALID_LENGTH == 3 && OOMPARSE_RESULT_INVALID_VALUE == 4);
    CHECK(OOMPARSE_RESULT_UNKNOWN_FIELD == 5 && OOMPARSE_RESULT_WRONG_KIND == 6);
    CHECK(OOMPARSE_RESULT_OUT_OF_RANGE == 7 && OOMPARSE_RESULT_EVENT_OVER == 8);
    CHECK(OOMPARSE_RESULT_PANIC == 9 && OOMPARSE_RESULT_POISONED == 10 && OOMPARSE_RESULT_IO == 11);
    CHECK(OOMPARSE_RESULT_BAD_LISTING == 12 && OOMPARSE_RESULT_INVALID_UTF8 == 13);
    CHECK(OOMPARSE_FIELD_TYPE == 1 && OOMPARSE_FIELD_INVOKER_COMM == 20 && OOMPARSE_FIELD_VICTIM_PID == 40);
    CHECK(OOMPARSE_FIELD_CGROUP_TASK_MEMCG == 60 && OOMPARSE_FIELD_POD_UID == 70);
    CHECK(OOMPARSE_FIELD_CONTAINER_ID == 80 && OOMPARSE_FIELD_MEMORY_USAGE_BYTES == 90);
    CHECK(OOMPARSE_FIELD_MEMINFO_RAM_PAGES == 110 && OOMPARSE_FIELD_REAPED_ANON_RSS_BYTES == 140);
    CHECK(sizeof(oomparse_str) == 2 * sizeof(void *));
    CHECK(sizeof(oomparse_loaded) == 2 * sizeof(size_t) + 256);
    CHECK(sizeof(oomparse_cgroup) == 4 * sizeof(oomparse_str) + 40 + 72 + sizeof(void *));
    return 0;
}
