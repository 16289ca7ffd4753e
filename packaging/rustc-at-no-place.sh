#!/bin/sh
# rustc for the wheels (RUSTC_WRAPPER). cargo names each crate's build by a hash, which has the crate's folder in it if
# that is outside the workspace, as the core's is for the Python package; the order of a library's functions follows
# from it. Here the hash of our own crates is their name and version, so that another folder gives the same bytes.
rustc=$1
shift
case $CARGO_MANIFEST_DIR in
"$OOMPARSE_ROOT"/*) ;;
*) exec "$rustc" "$@" ;;
esac
left=$#
while [ "$left" -gt 0 ]; do
    case $1 in
    metadata=*) set -- "$@" "metadata=$CARGO_PKG_NAME-$CARGO_PKG_VERSION" ;;
    *) set -- "$@" "$1" ;;
    esac
    shift
    left=$((left - 1))
done
exec "$rustc" "$@"
