"""Names and instruction sets of processors, by the kernel's table and oneDNN's limit."""

import platform

import pytest

from stad.inference.cpu import Cpu, available_sets, limited, read_cpuinfo, this_cpu

OLD = {"sse4_1", "avx", "avx2", "fma"}
SKYLAKE = OLD | {"avx512f", "avx512bw", "avx512vl", "avx512dq"}
EPYC = SKYLAKE | {"avx512_vnni", "avx512_bf16"}
SAPPHIRE = EPYC | {"avx512_fp16", "amx_tile", "amx_int8", "amx_bf16"}


@pytest.mark.parametrize(
    ("flags", "best", "has_bfloat16"),
    [
        (OLD, "AVX2", False),
        (SKYLAKE, "AVX512_CORE", False),
        (SKYLAKE | {"avx512_vnni"}, "AVX512_CORE_VNNI", False),
        (EPYC, "AVX512_CORE_BF16", True),
        (SAPPHIRE, "AVX512_CORE_AMX", True),
        # A virtual machine that hides the half precision of AVX-512.
        (SAPPHIRE - {"avx512_fp16"}, "AVX512_CORE_AMX", True),
        (SAPPHIRE | {"amx_fp16"}, "AVX512_CORE_AMX_FP16", True),
    ],
)
def test_the_highest_set(flags, best, has_bfloat16):
    assert available_sets(frozenset(flags))[-1] == best
    assert Cpu("some", best).has_bfloat16 == has_bfloat16


@pytest.mark.parametrize(
    ("best", "limit", "expected"),
    [
        ("AVX512_CORE_AMX", "", "AVX512_CORE_AMX"),
        ("AVX512_CORE_AMX", "DEFAULT", "AVX512_CORE_AMX"),
        ("AVX512_CORE_AMX", "AVX512_CORE_BF16", "AVX512_CORE_BF16"),
        ("AVX512_CORE_AMX", "avx2", "AVX2"),
        ("AVX512_CORE_AMX", "AVX2_VNNI_2", "AVX2"),
        ("AVX512_CORE_AMX", "AVX10_1_512", "AVX512_CORE_FP16"),
        ("AVX512_CORE_BF16", "AVX512_CORE_AMX", "AVX512_CORE_BF16"),
        ("AVX2", "no such set", "AVX2"),
        ("none", "AVX2", "none"),
    ],
)
def test_the_limit_of_the_environment(best, limit, expected):
    assert limited(best, limit) == expected


def test_the_kernels_table(tmp_path):
    table = tmp_path / "cpuinfo"
    table.write_text(
        "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\nflags\t\t: avx avx2 fma sse4_1\n\n"
        "processor\t: 1\nmodel name\t: Another\nflags\t\t: avx\n"
    )
    name, flags = read_cpuinfo(table)
    assert name == "Some CPU @ 2.0GHz"
    assert available_sets(flags)[-1] == "AVX2"
    # Other processors have other tables: what computes there is not known.
    table.write_text("processor\t: 0\nFeatures\t: fp asimd bf16\n")
    name, flags = read_cpuinfo(table)
    assert name == (platform.processor() or platform.machine())
    assert available_sets(flags) == []


def test_this_machine(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    assert this_cpu().instruction_set in ("SSE41", "none")
    assert not this_cpu().has_bfloat16
    assert Cpu("", "AVX512_CORE_AMX").safer_set == "AVX512_CORE_BF16"
    assert Cpu("", "none").safer_set is None
