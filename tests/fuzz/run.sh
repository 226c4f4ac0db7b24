#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# run.sh FUZZ_BUILD NAME: one fuzz target, 10 s beside its corpus (NAVETTE_LONG: 10 million runs).
# What it finds new stays in the build directory, crashes too; a crash is printed as hex to be kept as a corpus file.
set -eu
build=$1 name=$2 here=$(dirname "$0")
[ -x "$build/tests/fuzz/fuzz_$name" ] ||
	{ echo "fuzz: $build/tests/fuzz/fuzz_$name is not built: cmake --preset fuzz && ninja -C build/fuzz fuzz_targets"; exit 1; }
found=$build/found/$name crashes=$build/crashes/$name
mkdir -p "$found" "$crashes" "$here/corpus/$name"
effort=-max_total_time=10
[ -z "${NAVETTE_LONG:-}" ] || effort=-runs=10000000
exec "$build/tests/fuzz/fuzz_$name" "$effort" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -max_len=70000 \
	-artifact_prefix="$crashes/" "$found" "$here/corpus/$name"
