from __future__ import annotations

from benchmarks import find as benchmark


def test_searches_of_a_made_up_corpus_are_timed(tmp_path):
    store = benchmark.make_corpus(tmp_path, num_segments=2_000, num_videos=7)
    store.compact()
    assert len(store.files("segments")) == 1
    timings = benchmark.time_searches(store, repeats=1)
    assert [one.name for one in timings] == list(benchmark.QUERIES)
    found = {one.name: one.num_found for one in timings}
    assert found["everything"] == 2_000
    assert 0 < found["label, score, length"] < found["two labels"] < 2_000
    assert min(one.seconds for one in timings) > 0
    assert benchmark.time_scan(store, repeats=1).seconds > 0
