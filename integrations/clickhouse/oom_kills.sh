#!/bin/sh
# For ClickHouse's `executable`: paths come in, one a line, and events go out, one JSON object a line.
# Files that cannot be read are named on standard error; those that can are not affected. No event is not an error.
xargs -r -d '\n' "${OOMPARSE:-oomparse}" scan --format json --
test $? -ne 126 -a $? -ne 127
