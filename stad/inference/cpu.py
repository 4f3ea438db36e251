"""Find the name of this machine's processor and the instructions that oneDNN may use."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

ISA_VARIABLE = "ONEDNN_MAX_CPU_ISA"
# oneDNN's names of instruction sets, from the smallest to the largest, and the flags of
# /proc/cpuinfo by which a processor shows that it has one.
INSTRUCTION_SETS = {
    "SSE41": {"sse4_1"},
    "AVX": {"avx"},
    "AVX2": {"avx2", "fma"},
    "AVX512_CORE": {"avx512f", "avx512bw", "avx512vl", "avx512dq"},
    "AVX512_CORE_VNNI": {"avx512f", "avx512_vnni"},
    "AVX512_CORE_BF16": {"avx512f", "avx512_bf16"},
    "AVX512_CORE_FP16": {"avx512_bf16", "avx512_fp16"},
    "AVX512_CORE_AMX": {"avx512_bf16", "amx_tile", "amx_int8", "amx_bf16"},
    "AVX512_CORE_AMX_FP16": {"avx512_bf16", "amx_tile", "amx_bf16", "amx_fp16"},
}
# Other spellings of oneDNN's for the same limit.
SYNONYMS = {
    "AVX2_VNNI": "AVX2",
    "AVX2_VNNI_2": "AVX2",
    "AVX10_1_512": "AVX512_CORE_FP16",
    "AVX10_1_512_AMX": "AVX512_CORE_AMX",
    "AVX10_1_512_AMX_FP16": "AVX512_CORE_AMX_FP16",
}
WITH_BFLOAT16 = "AVX512_CORE_BF16"
# The set to fall back to if one fails: the next one with different code.
SAFER = {
    "AVX512_CORE_AMX_FP16": "AVX512_CORE_BF16",
    "AVX512_CORE_AMX": "AVX512_CORE_BF16",
    "AVX512_CORE_FP16": "AVX512_CORE",
    "AVX512_CORE_BF16": "AVX512_CORE",
    "AVX512_CORE_VNNI": "AVX2",
    "AVX512_CORE": "AVX2",
    "AVX2": "SSE41",
}
NO_SET = "none"


@dataclass(frozen=True)
class Cpu:
    """A processor and the instructions that oneDNN may use on it.

    Attributes:
        name: as its maker calls it.
        instruction_set: the highest one that the processor has and ``ONEDNN_MAX_CPU_ISA``
            allows, one of ``INSTRUCTION_SETS``; 'none' if it has none of them.
    """

    name: str
    instruction_set: str

    @property
    def has_bfloat16(self) -> bool:
        """True if there are instructions for bfloat16."""
        names = list(INSTRUCTION_SETS)
        return self.instruction_set in names[names.index(WITH_BFLOAT16) :]

    @property
    def safer_set(self) -> str | None:
        """The next lower set with different code; None if there is none."""
        return SAFER.get(self.instruction_set)


def this_cpu() -> Cpu:
    """Return the processor of this machine under the limit that the environment sets."""
    name, flags = read_cpuinfo()
    best = (available_sets(flags) or [NO_SET])[-1]
    return Cpu(name, limited(best, os.environ.get(ISA_VARIABLE, "")))


def read_cpuinfo(path: Path = Path("/proc/cpuinfo")) -> tuple[str, frozenset[str]]:
    """Return the name and the flags of the first processor; empty if they are not known.

    Args:
        path: of the kernel's table.
    """
    table: dict[str, str] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            table.setdefault(key.strip(), value.strip())
    name = table.get("model name") or platform.processor() or platform.machine()
    return name, frozenset(table.get("flags", "").split())


def available_sets(flags: frozenset[str]) -> list[str]:
    """Return the instruction sets that a processor with these flags has, the highest last.

    >>> available_sets(frozenset({"sse4_1", "avx", "avx2", "fma"}))
    ['SSE41', 'AVX', 'AVX2']
    """
    return [name for name, needed in INSTRUCTION_SETS.items() if needed <= flags]


def limited(best: str, limit: str) -> str:
    """Return the lower one of an instruction set and oneDNN's limit.

    A limit that oneDNN does not know is none, as in oneDNN.

    >>> limited("AVX512_CORE_AMX", "avx512_core_bf16"), limited("AVX2", "AVX512_CORE")
    ('AVX512_CORE_BF16', 'AVX2')
    >>> limited("AVX2", "DEFAULT"), limited("AVX2", "AVX3")
    ('AVX2', 'AVX2')
    """
    names = list(INSTRUCTION_SETS)
    limit = SYNONYMS.get(limit.upper(), limit.upper())
    if limit not in names or best not in names:
        return best
    return names[min(names.index(best), names.index(limit))]
